#include "http/percent.h"

#include "base/ascii.h"
#include "base/assert.h"

namespace thalweg {

std::optional<unsigned char> PercentByte(std::string_view text, size_t at) {
  THALWEG_ASSERT(at < text.size() && text[at] == '%');
  if (text.size() - at < 3) return std::nullopt;
  const int high = HexValue(text[at + 1]);
  const int low = HexValue(text[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<unsigned char>(high * 16 + low);
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (;;) {
    const size_t percent = text.find('%');
    decoded += text.substr(0, percent);
    if (percent == std::string_view::npos) return decoded;
    const auto byte = PercentByte(text, percent);
    if (!byte) return std::nullopt;
    decoded += static_cast<char>(*byte);
    text.remove_prefix(percent + 3);
  }
}

}  // namespace thalweg
