#include "base/assert.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace thalweg {

void Abort() {
  if (getpid() == 1) _exit(128 + SIGABRT);  // as a shell tells it
  std::abort();
}

void AssertionFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "thalweg: bug: assertion failed: %s (%s:%d)\n", condition, file, line);
  Abort();
}

}  // namespace thalweg
