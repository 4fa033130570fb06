// A request that the transport itself answers: with which status, and why.
//
// A value. `detail` is a literal without characters that JSON escapes.
#pragma once

#include <string>
#include <string_view>

namespace thalweg {

struct Rejection {
  int status = 400;
  std::string_view detail;
  std::string_view code = {};  // of docs/ERRORS.md; empty: the one that goes with the status
};

// Appends the first line of an answer: "HTTP/1.1 404 Not Found" and CRLF; "Unknown" for what has no
// name.
void AppendStatusLine(int status, std::string& out);

// Appends the whole answer, problem+json and `Connection: close` included. `date_line` and
// `common_fields` are field lines with their CRLFs; `head_only`: the request was a HEAD, so no body
// follows.
void AppendRejection(const Rejection& rejection, std::string_view date_line,
                     std::string_view common_fields, bool head_only, std::string& out);

}  // namespace thalweg
