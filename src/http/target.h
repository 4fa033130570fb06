// From the path of a request to the key of a stream, and back. Pure.
//
// A key is the path below the base path in one spelling: %XX of unreserved characters is the
// character, any other %XX has upper-case digits, bytes beyond ASCII are %XX. No dot segments.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "http/refusal.h"

namespace thalweg {

inline constexpr size_t kStreamKeyBytesMax = 1024;

// The base path as it is compared: begins with '/' and does not end with one; "" for the root.
std::string NormalBasePath(std::string_view base_path);

// The key of the stream at `path`. `base` as from NormalBasePath.
std::expected<std::string, Refusal> ParseStreamPath(std::string_view base, std::string_view path);

// What stands behind the base path, as it stands there; empty: nothing.
std::string_view BelowBase(std::string_view base, std::string_view path);

// The key that a program names: one leading '/' does not count. Borrows from `path` where that is
// the key already, else from `storage`.
std::expected<std::string_view, Refusal> ParseKey(std::string_view path, std::string& storage);

// The key as a program is told of it: ParseKey takes that for this key again. Another '/' stands in
// front of one that begins with '/', and would lose it there.
std::string ToldKey(std::string key);

// That of the stream at `path`, however it is written; where none can live there, `path`.
std::string ToldKeyOf(const std::string& path);

// Where streams live, as clients spell it.
struct StreamRoot {
  std::string_view base;        // as from NormalBasePath
  std::string_view mount = {};  // in front of it: what a framework cut off the request's path
};

// The key that a Stream-Forked-From header names: a path with mount and base, with base, or bare.
std::expected<std::string, Refusal> ParseForkSource(const StreamRoot& root, std::string_view value);

}  // namespace thalweg
