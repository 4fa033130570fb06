#include "stream/offset.h"

#include "base/assert.h"
#include "base/decimal.h"

namespace thalweg {
namespace {

constexpr size_t kDigits = 16;
static_assert(kOffsetTextBytes == 2 * kDigits + 1);

}  // namespace

std::array<char, kOffsetTextBytes> OffsetChars(Offset offset) {
  THALWEG_ASSERT(offset.value <= kOffsetMax);
  std::array<char, kOffsetTextBytes> text;
  text.fill('0');
  text[kDigits] = '_';
  uint64_t rest = offset.value;
  for (size_t i = kOffsetTextBytes; rest != 0; rest /= 10) {
    text[--i] = static_cast<char>('0' + rest % 10);
  }
  return text;
}

std::string FormatOffset(Offset offset) {
  const std::array<char, kOffsetTextBytes> text = OffsetChars(offset);
  return {text.data(), text.size()};
}

std::optional<Offset> ParseOffset(std::string_view text) {
  if (text.size() != kOffsetTextBytes || text[kDigits] != '_') return std::nullopt;
  // 16 digits are at most kOffsetMax.
  const std::optional<uint64_t> generation = ParseDecimal(text.substr(0, kDigits));
  const std::optional<uint64_t> position = ParseDecimal(text.substr(kDigits + 1));
  if (!generation || !position) return std::nullopt;
  return Offset{*generation == 0 ? *position : kOffsetMax};
}

}  // namespace thalweg
