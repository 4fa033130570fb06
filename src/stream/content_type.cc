#include "stream/content_type.h"

#include <algorithm>

#include "base/ascii.h"

namespace thalweg {
namespace {

// A character of a registered name (RFC 6838 4.2), which leaves out "*".
bool IsNameChar(char c) {
  const char lower = LowerAscii(c);
  if ((lower >= 'a' && lower <= 'z') || IsDigit(c)) return true;
  return std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
}

}  // namespace

std::string_view WithoutParameters(std::string_view content_type) {
  return Trimmed(content_type.substr(0, content_type.find(';')));
}

std::string MediaType(std::string_view content_type) {
  std::string type(WithoutParameters(content_type));
  std::ranges::transform(type, type.begin(), LowerAscii);
  return type;
}

bool HasMediaType(std::string_view content_type) {
  return !WithoutParameters(content_type).empty();
}

bool SameMediaType(std::string_view a, std::string_view b) {
  return a == b || EqualIgnoringCase(WithoutParameters(a), WithoutParameters(b));
}

ContentKind KindOf(std::string_view content_type) {
  const std::string_view type = WithoutParameters(content_type);
  if (EqualIgnoringCase(type, "application/json")) return ContentKind::kJson;
  return EqualIgnoringCase(type.substr(0, 5), "text/") ? ContentKind::kText : ContentKind::kBytes;
}

bool LooksLikeMediaType(std::string_view text) {
  const std::string_view type = Trimmed(text);
  const size_t slash = type.find('/');
  if (slash == 0 || slash == std::string_view::npos) return false;
  if (!std::ranges::all_of(type.substr(0, slash), IsNameChar)) return false;
  return slash + 1 < type.size() && IsNameChar(type[slash + 1]);
}

}  // namespace thalweg
