#include "http/target.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "http/percent.h"
#include "http/problem_codes.h"

namespace thalweg {

namespace {

constexpr std::string_view kReservedSegment = "__ds";

constexpr bool IsUnreserved(unsigned char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         IsDigit(static_cast<char>(byte)) || byte == '-' || byte == '.' || byte == '_' ||
         byte == '~';
}

// What a path may hold as it is. (RFC 3986 3.3: pchar, and "/" between segments)
constexpr std::array<bool, 256> kPathBytes = [] {
  std::array<bool, 256> path_bytes{};
  for (size_t byte = 0; byte < path_bytes.size(); ++byte) {
    path_bytes[byte] = IsUnreserved(static_cast<unsigned char>(byte));
  }
  for (const char c : std::string_view("!$&'()*+,;=:@/")) path_bytes[static_cast<size_t>(c)] = true;
  return path_bytes;
}();

bool IsControl(unsigned char byte) { return byte < 0x20 || byte == 0x7f; }

void AppendPercent(unsigned char byte, std::string& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  out += {'%', kHex[byte >> 4], kHex[byte & 15]};
}

bool HasDotSegment(std::string_view key) {
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view segment = key.substr(begin, end - begin);
    if (segment == "." || segment == "..") return true;
    begin = end + 1;
  }
  return false;
}

// Whether NormalKey would give the same text: what most keys are needs no copy.
bool IsNormalKey(std::string_view text) {
  const auto is_plain = [](unsigned char byte) { return kPathBytes[byte]; };
  return text.size() <= kStreamKeyBytesMax && std::ranges::all_of(text, is_plain) &&
         !HasDotSegment(text);
}

// One spelling for every way to write the same path. Some clients encode what others send as it is:
// room{7} by curl is room%7B7%7D by a browser.
std::expected<std::string, Refusal> NormalKey(std::string_view text) {
  if (IsNormalKey(text)) return std::string(text);
  std::string key;
  key.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = static_cast<unsigned char>(text[i]);
    const bool encoded = byte == '%';
    if (encoded) {
      const auto decoded = PercentByte(text, i);
      if (!decoded) return Refuse(kBadPath, "'%' must be followed by two hexadecimal digits.");
      byte = *decoded;
      i += 2;
    }
    if (IsControl(byte)) return Refuse(kBadPath, "Control characters are not allowed.");
    if (!kPathBytes[byte] || (encoded && !IsUnreserved(byte))) {
      AppendPercent(byte, key);
    } else {
      key += static_cast<char>(byte);
    }
  }
  if (HasDotSegment(key)) return Refuse(kBadPath, "Dot segments are not allowed.");
  if (key.size() > kStreamKeyBytesMax) {
    return Refuse(kPathTooLong, "At most " + std::to_string(kStreamKeyBytesMax) +
                                    " bytes may follow the base path.");
  }
  return key;
}

bool IsReserved(std::string_view key) {
  return key.starts_with(kReservedSegment) &&
         (key.size() == kReservedSegment.size() || key[kReservedSegment.size()] == '/');
}

// Cuts `prefix` off where `path` goes on with a segment below it.
bool TakePrefix(std::string_view& path, std::string_view prefix) {
  if (!path.starts_with(prefix) || !path.substr(prefix.size()).starts_with('/')) return false;
  path.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string NormalBasePath(std::string_view base_path) {
  while (base_path.ends_with('/')) base_path.remove_suffix(1);
  if (base_path.empty()) return {};
  return base_path.starts_with('/') ? std::string(base_path) : "/" + std::string(base_path);
}

std::expected<std::string, Refusal> ParseStreamPath(std::string_view base, std::string_view path) {
  if (!TakePrefix(path, base)) {
    return Refuse(kNotFound, "Streams live below " + std::string(base) + "/");
  }
  if (path.size() == 1) return Refuse(kNotFound, "The path names no stream.");
  auto key = NormalKey(path.substr(1));
  if (key && IsReserved(*key)) {
    return Refuse(kSubscriptionsMissing, "The paths below __ds/ are reserved for subscriptions.");
  }
  return key;
}

std::string_view BelowBase(std::string_view base, std::string_view path) {
  return TakePrefix(path, base) ? path.substr(1) : std::string_view{};
}

std::expected<std::string_view, Refusal> ParseKey(std::string_view path, std::string& storage) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return Refuse(kBadPath, "The path names no stream.");
  if (!IsNormalKey(path)) {
    auto key = NormalKey(path);
    if (!key) return std::unexpected(std::move(key.error()));
    storage = *std::move(key);
    path = storage;
  }
  if (IsReserved(path)) return Refuse(kBadPath, "The paths below __ds/ are reserved.");
  return path;
}

std::string ToldKey(std::string key) {
  if (key.starts_with('/')) key.insert(0, 1, '/');
  return key;
}

std::string ToldKeyOf(const std::string& path) {
  std::string storage;
  const auto key = ParseKey(path, storage);
  return key ? ToldKey(std::string(*key)) : path;
}

std::expected<std::string, Refusal> ParseForkSource(const StreamRoot& root,
                                                    std::string_view value) {
  if (!value.starts_with('/') && value.contains("://")) {
    return Refuse(kForkSourceNotFound, "A fork's source is named by its path on this server.");
  }
  if (!TakePrefix(value, NormalBasePath(root.mount).append(root.base))) {
    TakePrefix(value, root.base);
  }
  if (value.starts_with('/')) value.remove_prefix(1);
  auto key = NormalKey(value);
  if (!key && key.error().problem == &kBadPath) {
    return Refuse(kBadFork, "stream-forked-from: " + key.error().detail);
  }
  if (!key || key->empty() || IsReserved(*key)) {
    return Refuse(kForkSourceNotFound, "No stream can live at this path.");
  }
  return key;
}

}  // namespace thalweg
