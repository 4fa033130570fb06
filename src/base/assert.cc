#include "base/assert.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include "base/write_soon.h"

namespace thalweg {

void Abort() {
  if (getpid() == 1) _exit(128 + SIGABRT);  // as a shell tells it
  std::abort();
}

void AssertionFailed(const char* condition, const char* file, int line) {
  std::array<char, 16> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), line).ptr;
  TellLast({"bug: assertion failed: ", condition, " (", file, ":", {digits.data(), end}, ")"});
  Abort();
}

}  // namespace thalweg
