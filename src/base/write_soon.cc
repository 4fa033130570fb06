#include "base/write_soon.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string>

#include "base/retry_interrupted.h"

namespace thalweg {

// A pipe that is ready takes at least PIPE_BUF at once.
bool WriteSoon(int fd, std::string_view text, int wait_ms) {
  while (!text.empty()) {
    pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
    if (RetryInterrupted([&] { return poll(&ready, 1, wait_ms); }) <= 0) return false;
    const size_t bytes = std::min<size_t>(text.size(), PIPE_BUF);
    const ssize_t written = RetryInterrupted([&] { return write(fd, text.data(), bytes); });
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

void TellLast(std::string_view message) {
  constexpr int kWaitMs = 1000;
  std::string line = "thalweg: ";
  line.append(message).append("\n");
  WriteSoon(STDERR_FILENO, line, kWaitMs);
}

}  // namespace thalweg
