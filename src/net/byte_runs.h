// How far a run of bytes of one kind goes: 16 bytes at a time where the machine can, else one by
// one, with the same result.
//
// Pure functions. Nothing outside of [at, end) is read or written.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/ascii.h"

namespace thalweg {

// Each kind is a bit.
enum class ByteKind : uint8_t {
  // RFC 9110 5.6.2: token = 1*tchar.
  kToken = 1,
  // RFC 9110 5.5: field-content, and white space. "Field values containing CR, LF, or NUL
  // characters are invalid and dangerous"; RFC 9112 2.2: a bare CR is invalid. Other control bytes
  // have no use here.
  kValue = 2,
  // RFC 9112 3.2: "No whitespace is allowed in the request-target", and RFC 3986 has no control
  // bytes, no bytes beyond ASCII, and no fragment in it.
  kTarget = 4,
  // RFC 3986 3.2.2: reg-name = *( unreserved / pct-encoded / sub-delims ), but for the '%'.
  kRegName = 8,
  kHex = 16,
};

constexpr std::array<uint8_t, 256> KindsOfBytes() {
  std::array<uint8_t, 256> kinds{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const char lower = LowerAscii(c);
    const bool alphanumeric = IsDigit(c) || (lower >= 'a' && lower <= 'z');
    const auto is_one_of = [c](std::string_view set) {
      return set.find(c) != std::string_view::npos;
    };
    const auto add = [&kinds, byte](ByteKind kind, bool belongs) {
      if (belongs) kinds[byte] |= static_cast<uint8_t>(kind);
    };
    add(ByteKind::kToken, alphanumeric || is_one_of("!#$%&'*+-.^_`|~"));
    add(ByteKind::kValue, c == '\t' || (byte >= 0x20 && byte != 0x7f));
    add(ByteKind::kTarget, byte > 0x20 && byte < 0x7f && c != '#');
    add(ByteKind::kRegName, alphanumeric || is_one_of("-._~!$&'()*+,;="));
    add(ByteKind::kHex, IsDigit(c) || (lower >= 'a' && lower <= 'f'));
  }
  return kinds;
}

inline constexpr std::array<uint8_t, 256> kKindsOfBytes = KindsOfBytes();

constexpr bool Is(ByteKind kind, char c) {
  return (kKindsOfBytes[static_cast<unsigned char>(c)] & static_cast<uint8_t>(kind)) != 0;
}

inline const char* EndOfRun(ByteKind kind, const char* at, const char* end) {
  while (at != end && Is(kind, *at)) ++at;
  return at;
}

#if defined(__SSE2__)
// Sixteen bytes; each question is answered with a mask of a bit for each of them.
class ByteBlock {
 public:
  static constexpr int kBytes = sizeof(__m128i);
  static constexpr unsigned kAll = 0xffff;

  explicit ByteBlock(const char* at)
      : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}

  unsigned Are(char c) const { return MaskOf(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c))); }
  // REQUIRES: both are of ASCII, and not NUL.
  unsigned AreWithin(char first, char last) const {
    const __m128i below = _mm_cmplt_epi8(bytes_, _mm_set1_epi8(first));  // so is all beyond ASCII
    return MaskOf(_mm_andnot_si128(
        below, _mm_cmplt_epi8(bytes_, _mm_set1_epi8(static_cast<char>(last + 1)))));
  }
  unsigned AreBelow(char limit) const {  // unsigned
    const __m128i least = _mm_min_epu8(bytes_, _mm_set1_epi8(static_cast<char>(limit - 1)));
    return MaskOf(_mm_cmpeq_epi8(least, bytes_));
  }

 private:
  static unsigned MaskOf(__m128i answer) {
    return static_cast<unsigned>(_mm_movemask_epi8(answer));
  }

  const __m128i bytes_;
};
#endif

// The end of the bytes at `at` that the value of a field may hold.
inline const char* EndOfValue(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= ByteBlock::kBytes; at += ByteBlock::kBytes) {
    const ByteBlock block(at);
    const unsigned others = (block.AreBelow(0x20) & ~block.Are('\t')) | block.Are(0x7f);
    if (others != 0) return at + std::countr_zero(others);
  }
#endif
  return EndOfRun(ByteKind::kValue, at, end);
}

// The same of a request target.
inline const char* EndOfTarget(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= ByteBlock::kBytes; at += ByteBlock::kBytes) {
    const ByteBlock block(at);
    const unsigned good = block.AreWithin('!', '~') & ~block.Are('#');
    if (good != ByteBlock::kAll) return at + std::countr_one(good);
  }
#endif
  return EndOfRun(ByteKind::kTarget, at, end);
}

// The same of a token, whose letters become lower case in place.
inline char* LowerToken(char* at, char* end) {
#if defined(__SSE2__)
  for (; end - at >= ByteBlock::kBytes; at += ByteBlock::kBytes) {
    const ByteBlock block(at);
    const unsigned upper = block.AreWithin('A', 'Z');
    const unsigned plain =
        upper | block.AreWithin('a', 'z') | block.AreWithin('0', '9') | block.Are('-');
    const int run = std::countr_one(plain);
    // Letter by letter: what is read next does not wait for a wide store that it overlaps.
    for (unsigned left = upper & ((1u << run) - 1); left != 0; left &= left - 1) {
      at[std::countr_zero(left)] |= 0x20;
    }
    if (run == ByteBlock::kBytes) continue;
    at += run;  // most often the end, but a token may also hold rarer bytes
    break;
  }
#endif
  for (; at != end && Is(ByteKind::kToken, *at); ++at) *at = LowerAscii(*at);
  return at;
}

}  // namespace thalweg
