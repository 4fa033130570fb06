#include "stream/json_scanner.h"

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/ascii.h"
#include "base/assert.h"

namespace thalweg {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Ends the plain run of a string: a quote, a backslash, or a control character.
bool EndsPlainRun(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

#if defined(__SSE2__)
constexpr size_t kStride = 16;

// Which of the 16 bytes end a plain run, one bit each.
uint32_t RunEnds(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  return static_cast<uint32_t>(
      _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quotes, slashes))));
}
#else
constexpr size_t kStride = 8;

// The same of 8 bytes, without vector instructions.
uint32_t RunEnds(const char* at) {
  uint32_t ends = 0;
  for (size_t i = 0; i < kStride; ++i) ends |= static_cast<uint32_t>(EndsPlainRun(at[i])) << i;
  return ends;
}
#endif

const char* FindRunEnd(const char* at, const char* end) {
  for (; static_cast<size_t>(end - at) >= kStride; at += kStride) {
    const uint32_t ends = RunEnds(at);
    if (ends != 0) return at + std::countr_zero(ends);
  }
  while (at != end && !EndsPlainRun(*at)) ++at;
  return at;
}

}  // namespace

void JsonScanner::SkipSpace() {
  while (at_ != end_ && IsSpace(*at_)) ++at_;
}

bool JsonScanner::Take(char c) {
  if (at_ == end_ || *at_ != c) return false;
  ++at_;
  return true;
}

bool JsonScanner::SkipValue() {
  const size_t depth_base = depth_;
  for (bool another = true; another;) {
    // A value begins here. One that opens goes on with its first part, others have ended.
    if (Take('{')) {
      if (!Open(true)) return false;
      SkipSpace();
      if (Take('}')) {
        --depth_;
      } else if (SkipKey()) {
        continue;
      } else {
        return false;
      }
    } else if (Take('[')) {
      if (!Open(false)) return false;
      SkipSpace();
      if (!Take(']')) continue;
      --depth_;
    } else if (!SkipScalar()) {
      return false;
    }
    if (!EndValue(depth_base, another)) return false;
  }
  return true;
}

// A value has ended: closes what ends with it. `another`: a further value begins here.
bool JsonScanner::EndValue(size_t depth_base, bool& another) {
  THALWEG_ASSERT(depth_ >= depth_base);
  another = false;
  while (depth_ != depth_base) {
    SkipSpace();
    const bool in_object = is_object_[depth_ - 1];
    if (Take(',')) {
      SkipSpace();
      another = true;
      return !in_object || SkipKey();
    }
    if (!Take(in_object ? '}' : ']')) return Fail("a comma or a closing bracket is missing");
    --depth_;
  }
  return true;
}

bool JsonScanner::Open(bool is_object) {
  if (depth_ == kJsonDepthMax) return Fail("nested too deep");
  is_object_[depth_++] = is_object;
  return true;
}

bool JsonScanner::SkipKey() {
  if (!Take('"')) return Fail("an object's key is missing");
  if (!SkipString()) return false;
  SkipSpace();
  if (!Take(':')) return Fail("a colon is missing");
  SkipSpace();
  return true;
}

bool JsonScanner::SkipScalar() {
  if (at_ == end_) return Fail("a value is missing");
  switch (*at_) {
    case '"': ++at_; return SkipString();
    case 't': return SkipWord("true");
    case 'f': return SkipWord("false");
    case 'n': return SkipWord("null");
    default: return SkipNumber();
  }
}

bool JsonScanner::SkipWord(std::string_view word) {
  if (static_cast<size_t>(end_ - at_) < word.size() ||
      std::memcmp(at_, word.data(), word.size()) != 0) {
    return Fail("not a value");
  }
  at_ += word.size();
  return true;
}

bool JsonScanner::SkipString() {
  for (;;) {
    at_ = FindRunEnd(at_, end_);
    if (at_ == end_) return Fail("a string does not end");
    const char c = *at_++;
    if (c == '"') return true;
    if (c != '\\') return Fail("a control character inside a string");
    if (!SkipEscape()) return Fail("a bad escape inside a string");
  }
}

// What follows a backslash.
bool JsonScanner::SkipEscape() {
  if (at_ == end_) return false;
  const char c = *at_++;
  if (c != 'u') return c != '\0' && std::strchr("\"\\/bfnrt", c) != nullptr;
  if (end_ - at_ < 4) return false;
  for (int i = 0; i < 4; ++i) {
    if (HexValue(*at_++) < 0) return false;
  }
  return true;
}

bool JsonScanner::SkipNumber() {
  Take('-');
  if (at_ == end_ || !IsDigit(*at_)) return Fail("not a value");
  if (!Take('0')) SkipDigits();
  if (Take('.') && !SkipDigits()) return Fail("a number lacks its fraction");
  if (Take('e') || Take('E')) {
    if (!Take('+')) Take('-');
    if (!SkipDigits()) return Fail("a number lacks its exponent");
  }
  return true;
}

bool JsonScanner::SkipDigits() {
  const char* const first = at_;
  while (at_ != end_ && IsDigit(*at_)) ++at_;
  return at_ != first;
}

bool JsonScanner::Fail(const char* error) {
  error_ = error;
  return false;
}

}  // namespace thalweg
