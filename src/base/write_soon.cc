#include "base/write_soon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>

#include "base/retry_interrupted.h"

namespace thalweg {

OwnedFd OpenUnwaiting(int fd) {
  struct stat status{};
  // A file opened anew would be written from its beginning.
  if (fstat(fd, &status) != 0 || !(S_ISFIFO(status.st_mode) || isatty(fd) == 1)) return OwnedFd();
  std::array<char, 32> path;
  std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
  return OwnedFd(open(path.data(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// A pipe that is ready takes at least PIPE_BUF at once.
size_t WriteSoon(int fd, std::string_view text, int wait_ms) {
  std::string_view left = text;
  while (!left.empty()) {
    pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
    if (RetryInterrupted([&] { return poll(&ready, 1, wait_ms); }) <= 0) break;
    const size_t bytes = std::min<size_t>(left.size(), PIPE_BUF);
    const ssize_t written = RetryInterrupted([&] { return write(fd, left.data(), bytes); });
    if (written <= 0) break;
    left.remove_prefix(static_cast<size_t>(written));
  }
  return text.size() - left.size();
}

void TellLast(std::initializer_list<std::string_view> parts) noexcept {
  constexpr int kWaitMs = 1000;
  std::array<char, 16u << 10> line;
  size_t end = 0;
  const auto add = [&](std::string_view text) {
    end += text.copy(line.data() + end, line.size() - 1 - end);
  };
  add("thalweg: ");
  for (const std::string_view part : parts) add(part);
  line[end++] = '\n';
  const OwnedFd unwaiting = OpenUnwaiting(STDERR_FILENO);
  WriteSoon(unwaiting.valid() ? unwaiting.get() : STDERR_FILENO, {line.data(), end}, kWaitMs);
}

}  // namespace thalweg
