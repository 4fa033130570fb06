#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace thalweg {

void AssertionFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "thalweg: bug: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace thalweg
