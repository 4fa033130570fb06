// Any body is no JSON, or splits into values each of which splits into itself.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "stream/json_messages.h"

namespace {

// Whether another parser refuses the body for a reason that we share. It does not hold numbers of
// any size and no lone surrogates, which the grammar allows.
bool IsRefusedElsewhere(const std::string& body) {
  simdjson::dom::parser parser;
  switch (parser.parse(body).error()) {
    case simdjson::TAPE_ERROR:
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
    case simdjson::UTF8_ERROR:
    case simdjson::EMPTY:
    case simdjson::UNESCAPED_CHARS:
    case simdjson::UNCLOSED_STRING: return true;
    default: return false;
  }
}

bool IsTakenElsewhere(const std::string& body) {
  simdjson::dom::parser parser;
  return parser.allocate(body.size(), thalweg::kJsonDepthMax) == simdjson::SUCCESS &&
         parser.parse(body).error() == simdjson::SUCCESS;
}

void CheckWire(const thalweg::JsonWire& wire) {
  size_t begin = 0;
  for (uint64_t count = 1; count <= wire.values; ++count) {
    const size_t end = thalweg::WireBytesOfValues(wire.bytes, count);
    THALWEG_ASSERT(end != std::string::npos && wire.bytes[end - 1] == ',');
    const std::string value = wire.bytes.substr(begin, end - 1 - begin);
    // In an array of its own, because an array would be flattened.
    const auto again = thalweg::SplitJson("[" + value + "]");
    THALWEG_ASSERT(again.has_value() && again->values == 1 && again->bytes == value + ",");
    begin = end;
    if (count > 64) return;  // the rest is like these; finding ends anew is quadratic
  }
  THALWEG_ASSERT(begin == wire.bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  const auto wire = thalweg::SplitJson(body);
  if (!wire) {
    THALWEG_ASSERT(!wire.error().empty());
    THALWEG_ASSERT(body.starts_with("\xEF\xBB\xBF") || !IsTakenElsewhere(body));
    return 0;
  }
  THALWEG_ASSERT(!IsRefusedElsewhere(body));
  CheckWire(*wire);
  return 0;
}
