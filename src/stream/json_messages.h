// JSON bodies to wire bytes and back: one level of array is flattened. (protocol 9.1)
//
// On the wire of a JSON stream every value stands with its exact bytes (outer white space trimmed)
// followed by one comma. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "stream/json_scanner.h"

namespace thalweg {

struct JsonWire {
  std::string bytes;    // values, each followed by ','
  uint64_t values = 0;  // 0: the body was an empty array
};

// Checks `body` against RFC 8259 (UTF-8 valid, no byte order mark, depth at most kJsonDepthMax,
// nothing after the value) and splits it. The error says in a few words what is wrong.
std::expected<JsonWire, std::string> SplitJson(std::string_view body);

// How many bytes the first `count` values of `wire` take, commas included; npos where there are
// fewer. REQUIRES: `wire` came from SplitJson.
size_t WireBytesOfValues(std::string_view wire, uint64_t count);

}  // namespace thalweg
