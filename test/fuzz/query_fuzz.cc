// Targets and queries of any bytes: parsing never reads past its input, and what it takes is
// stable.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "http/coding.h"
#include "http/etag.h"
#include "http/query.h"
#include "http/target.h"

namespace thalweg {
namespace {

constexpr std::string_view kBase = "/v1/stream";

// A key is its own spelling: parsed again, it stays.
void CheckPath(std::string_view text) {
  const auto key = ParseStreamPath(kBase, std::string(kBase) + "/" + std::string(text));
  if (!key) return;
  THALWEG_ASSERT(!key->empty() && key->size() <= kStreamKeyBytesMax);
  const auto again = ParseStreamPath(kBase, std::string(kBase) + "/" + *key);
  THALWEG_ASSERT(again && *again == *key);
}

void CheckQuery(std::string_view text) {
  const auto query = ParseReadQuery(text);
  if (!query) {
    THALWEG_ASSERT(query.error().problem->status == 400);
    return;
  }
  THALWEG_ASSERT(query->from.offset.value <= kOffsetMax);
  // What one accepts alone, it refuses twice where it names a parameter of the protocol.
  const std::string twice = std::string(text) + "&offset=-1&offset=-1";
  THALWEG_ASSERT(!ParseReadQuery(twice));
}

}  // namespace
}  // namespace thalweg

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // On the heap and of the exact size, so that a sanitizer sees a read past the end.
  const std::string text(reinterpret_cast<const char*>(data), size);
  thalweg::CheckPath(text);
  thalweg::CheckQuery(text);
  static_cast<void>(thalweg::ParseForkSource({thalweg::kBase, "/mount"}, text));
  static_cast<void>(thalweg::ParseForkSource({thalweg::kBase, text}, "/v1/stream/a"));
  static_cast<void>(thalweg::NegotiateCoding(text));
  static_cast<void>(thalweg::MatchesEtag(text, "\"1:0:5\""));
  return 0;
}
