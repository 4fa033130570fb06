// What llhttp leaves to its user, or lets through: each rule with its sentence of RFC 9110 or 9112.
//
// Pure functions over one line, one target or one list of fields; nothing is kept.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "net/rejection.h"
#include "thalweg/http.h"

namespace thalweg {

struct RequestLine {
  std::string_view method;
  std::string_view target;
  bool http10 = false;  // else HTTP/1.1
};

// Splits a request line without its CRLF, or refuses it (400, 505).
std::expected<RequestLine, Rejection> SplitRequestLine(std::string_view line);

// Judges one field line of a head or a trailer section, without its CRLF.
std::optional<Rejection> CheckFieldLine(std::string_view line);

// The length of the name of a line that CheckFieldLine let pass.
size_t FieldNameBytes(std::string_view line);

struct RequestTarget {
  std::string_view scheme;     // empty: not told by the target
  std::string_view authority;  // empty: not told by the target
  std::string_view path;
  std::string_view query;
};

// Takes a request target apart, or refuses it (400).
std::expected<RequestTarget, Rejection> ParseTarget(const RequestLine& line);

// How the body ends and what becomes of the connection.
struct Framing {
  bool chunked = false;
  uint64_t content_length = 0;
  bool expects_continue = false;
  bool keep_alive = false;
  std::string_view host;
};

// Judges the fields that decide about framing, host and connection. REQUIRES: names in lower case.
std::expected<Framing, Rejection> JudgeFields(std::span<const HeaderField> fields, bool http10);

// uri-host [":" port], both possibly empty.
bool IsValidAuthority(std::string_view authority);

bool EqualsIgnoringCase(std::string_view text, std::string_view lower_case);

}  // namespace thalweg
