// The forms of a request target (RFC 9112 3.2), and the authority within it or in Host.
//
// Pure functions; the results point into what was given, or to literals.
#pragma once

#include <expected>
#include <string_view>

#include "net/rejection.h"

namespace thalweg {

struct RequestTarget {
  std::string_view scheme;     // empty: not told by the target
  std::string_view authority;  // empty: not told by the target
  std::string_view path;
  std::string_view query;
};

// Takes a target apart, or refuses it (400). REQUIRES: all its bytes are of ByteKind::kTarget.
std::expected<RequestTarget, Rejection> ParseTarget(std::string_view method,
                                                    std::string_view target);

// uri-host [":" port], both possibly empty.
bool IsValidAuthority(std::string_view authority);

}  // namespace thalweg
