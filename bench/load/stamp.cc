#include "bench/load/stamp.h"

#include <time.h>

#include <cstring>

namespace thalweg::bench {
namespace {

constexpr int kDigits = 16;

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

void WriteStamp(int64_t ns, std::string& out) {
  out += '#';
  for (int shift = 4 * (kDigits - 1); shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[(ns >> shift) & 15];
  }
}

// Takes from `piece` up to the end of the next stamp, or all of it.
bool StampScanner::Next(std::string_view& piece) {
  while (!piece.empty()) {
    if (digits_left_ == 0) {
      const void* mark = std::memchr(piece.data(), '#', piece.size());
      if (mark == nullptr) return false;
      piece.remove_prefix(static_cast<size_t>(static_cast<const char*>(mark) - piece.data()) + 1);
      digits_left_ = kDigits;
      value_ = 0;
      continue;
    }
    const int digit = DigitOf(piece.front());
    piece.remove_prefix(1);
    digits_left_ = digit < 0 ? 0 : digits_left_ - 1;
    value_ = value_ << 4 | (digit & 15);
    if (digits_left_ == 0 && digit >= 0) return true;
  }
  return false;
}

}  // namespace thalweg::bench
