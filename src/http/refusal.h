// Why a request was refused while it was decoded: a problem and what to tell the client. A value.
#pragma once

#include <string>

#include "http/problem.h"

namespace thalweg {

struct Refusal {
  const Problem* problem;  // one of problem_codes.h
  std::string detail;
};

}  // namespace thalweg
