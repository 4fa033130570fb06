// Errors as clients see them: application/problem+json with a stable code. (RFC 9457,
// docs/ERRORS.md lists every code)
#pragma once

#include <string_view>

#include "http/head.h"
#include "thalweg/http.h"

namespace thalweg {

// One row of docs/ERRORS.md. Codes never change their meaning.
struct Problem {
  int status;
  std::string_view code;   // "offset-beyond-tail"
  std::string_view title;  // one short sentence
};

// Answers `problem` with `head`'s fields and a detail that helps; `detail` may be empty.
void SendProblem(Responder& responder, Head head, const Problem& problem, std::string_view detail);

}  // namespace thalweg
