// Repeats `call` (which returns -1 and sets errno, as system calls do) while signals interrupt it.
#pragma once

#include <cerrno>

namespace thalweg {

template <typename Call>
auto RetryInterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace thalweg
