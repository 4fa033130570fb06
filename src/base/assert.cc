#include "base/assert.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "base/write_soon.h"

namespace thalweg {

void Abort() {
  if (getpid() == 1) _exit(128 + SIGABRT);  // as a shell tells it
  std::abort();
}

void AssertionFailed(const char* condition, const char* file, int line) {
  TellLast(std::string("bug: assertion failed: ") + condition + " (" + file + ":" +
           std::to_string(line) + ")");
  Abort();
}

}  // namespace thalweg
