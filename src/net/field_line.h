// One field line, of a head or of a trailer section: its name and value, or why it is none.
//
// Pure functions over bytes that the caller owns.
#pragma once

#include <string_view>

#include "base/ascii.h"
#include "net/byte_runs.h"
#include "thalweg/http.h"

namespace thalweg {

inline bool IsLineEnd(const char* at, const char* end) {
  return end - at >= 2 && at[0] == '\r' && at[1] == '\n';
}

struct FieldLine {
  HeaderField field{};
  char* end = nullptr;          // behind the CRLF; null: this is no whole valid line
  std::string_view wrong = {};  // why not, if the line is whole; a literal
};

// Reads the line at `at`, and nothing behind it. The name becomes lower case in place, as far as it
// has come. REQUIRES: at < end.
inline FieldLine ReadFieldLine(char* at, char* end) {
  FieldLine line;
  char* const colon = LowerToken(at, end);
  // RFC 9112 5.1: "A server MUST reject, with a response status code of 400, any received request
  // message that contains whitespace between a header field name and colon." An empty name is no
  // token either.
  if (colon == at || colon == end || *colon != ':') {
    // RFC 9112 5.2: "A server that receives an obs-fold in a request message ... MUST either reject
    // the message by sending a 400" or replace it. In trailers, too.
    const bool folded = *at == ' ' || *at == '\t';
    line.wrong = folded ? "a folded field line" : "malformed field name";
    return line;
  }
  const char* const value_end = EndOfValue(colon + 1, end);
  // RFC 9112 2.2: "a recipient MAY recognize a single LF as a line terminator": this one does not,
  // because others on the way may not.
  if (!IsLineEnd(value_end, end)) {
    line.wrong = "a control byte in a field";
    return line;
  }
  line.field.name = {at, colon};
  line.field.value = Trimmed({colon + 1, value_end});
  line.end = at + (value_end - at) + 2;
  return line;
}

}  // namespace thalweg
