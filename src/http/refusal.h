// Why a request was refused while it was decoded: a problem and what to tell the client. A value.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "http/problem.h"

namespace thalweg {

struct Refusal {
  const Problem* problem;  // one of problem_codes.h
  std::string detail;
};

inline std::unexpected<Refusal> Refuse(const Problem& problem, std::string_view detail) {
  return std::unexpected(Refusal{&problem, std::string(detail)});
}

}  // namespace thalweg
