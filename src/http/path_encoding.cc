#include "thalweg/path_encoding.h"

#include <algorithm>
#include <cstdint>

#include "base/ascii.h"
#include "base/sha256.h"

namespace thalweg {

namespace {

constexpr size_t kNameBytesMax = 200;
constexpr size_t kPrefixBytes = 180;
constexpr size_t kDigestDigits = 16;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string Base64Url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  uint32_t pending = 0;
  int pending_bits = 0;
  for (const char byte : bytes) {
    pending = pending << 8 | static_cast<unsigned char>(byte);
    for (pending_bits += 8; pending_bits >= 6; pending_bits -= 6) {
      text += kAlphabet[pending >> (pending_bits - 6) & 63];
    }
  }
  if (pending_bits > 0) text += kAlphabet[pending << (6 - pending_bits) & 63];
  return text;
}

std::string DigestDigits(std::string_view bytes) {
  const Sha256Digest digest = Sha256(bytes);
  std::string digits;
  for (size_t i = 0; i < kDigestDigits / 2; ++i) AppendHex(digest[i], digits);
  return digits;
}

bool IsDigestDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

std::string_view WithoutDigest(std::string_view name) {
  const size_t tilde = name.rfind('~');
  if (tilde == std::string_view::npos) return name;
  const std::string_view digits = name.substr(tilde + 1);
  const bool is_digest =
      digits.size() == kDigestDigits && std::all_of(digits.begin(), digits.end(), IsDigestDigit);
  return is_digest ? name.substr(0, tilde) : name;
}

}  // namespace

std::string EncodeStreamPath(std::string_view path) {
  std::string name = Base64Url(path);
  if (name.size() <= kNameBytesMax) return name;
  name.resize(kPrefixBytes);
  return name.append("~").append(DigestDigits(path));
}

std::string DecodeStreamPath(std::string_view encoded) {
  std::string path;
  uint32_t pending = 0;
  int pending_bits = 0;
  for (const char c : WithoutDigest(encoded)) {
    const size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) continue;
    pending = pending << 6 | static_cast<uint32_t>(value);
    pending_bits += 6;
    if (pending_bits < 8) continue;
    pending_bits -= 8;
    path += static_cast<char>(pending >> pending_bits & 255);
  }
  return path;
}

}  // namespace thalweg
