#include "server/serve.h"

#include <poll.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <expected>
#include <memory>
#include <string>

#include "server/exit_codes.h"
#include "server/signals.h"
#include "server/wiring.h"

namespace thalweg {
namespace {

constexpr int kShutdownDeadlineMs = 5000;
constexpr int kExitBySignal = 128;  // plus the signal's number

std::shared_ptr<spdlog::logger> MakeLogger(const std::string& level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("thalweg", std::move(sink));
  logger->set_level(spdlog::level::from_str(level));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  return logger;
}

// Each connection is a descriptor, and the usual soft limit of 1024 is soon reached.
void RaiseDescriptorLimit(spdlog::logger& logger) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    logger.warn("cannot raise the limit of open files: {}", std::strerror(errno));
  }
}

// An eventfd that a loop's thread sets once the server has drained.
class DrainedEvent {
 public:
  DrainedEvent() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~DrainedEvent() {
    if (fd_ >= 0) close(fd_);
  }
  DrainedEvent(const DrainedEvent&) = delete;
  DrainedEvent& operator=(const DrainedEvent&) = delete;

  int fd() const { return fd_; }
  void Set() const { eventfd_write(fd_, 1); }

 private:
  const int fd_;
};

int WaitForSignal(Signals& signals) {
  for (;;) {
    pollfd poll_fd{signals.fd(), POLLIN, 0};
    poll(&poll_fd, 1, -1);
    if (const auto signal_number = signals.Take()) return *signal_number;
  }
}

enum class DrainEnd { kDrained, kDeadline, kSecondSignal };

int64_t SteadyNowMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

DrainEnd WaitForDrain(Signals& signals, const DrainedEvent& drained, int& second_signal) {
  const int64_t deadline_ms = SteadyNowMs() + kShutdownDeadlineMs;
  for (;;) {
    const int64_t left_ms = deadline_ms - SteadyNowMs();
    if (left_ms <= 0) return DrainEnd::kDeadline;
    pollfd fds[] = {{drained.fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}};
    poll(fds, 2, static_cast<int>(left_ms));
    if ((fds[0].revents & POLLIN) != 0) return DrainEnd::kDrained;
    if (const auto signal_number = signals.Take()) {
      second_signal = *signal_number;
      return DrainEnd::kSecondSignal;
    }
  }
}

void EndInGoodOrder(std::unique_ptr<Server> server, Signals& signals, spdlog::logger& logger) {
  const DrainedEvent drained;  // outlives the server, whose threads set it
  std::unique_ptr<Server> ending = std::move(server);
  ending->Drain([&drained] { drained.Set(); });
  int second_signal = 0;
  switch (WaitForDrain(signals, drained, second_signal)) {
    case DrainEnd::kDrained: logger.info("stopped"); return;
    case DrainEnd::kDeadline:
      logger.warn("stopped after {} ms with connections still open", kShutdownDeadlineMs);
      return;
    case DrainEnd::kSecondSignal:
      logger.warn("stopped at once by a second signal");
      logger.flush();
      _exit(kExitBySignal + second_signal);
  }
}

int FailToStart(const std::string& message, int exit_code) {
  std::fprintf(stderr, "thalweg: %s\n", message.c_str());
  return exit_code;
}

}  // namespace

int Serve(const ServeConfig& config) {
  auto signals = Signals::Block();
  if (!signals) return FailToStart(signals.error(), kExitCannotStart);
  const auto logger = MakeLogger(config.log_level);
  RaiseDescriptorLimit(*logger);
  auto server = Server::Start(config, *logger);
  if (!server) return FailToStart(server.error().message, server.error().exit_code);
  std::printf("listening on %s\n", (*server)->url().c_str());
  std::fflush(stdout);
  const int signal_number = WaitForSignal(*signals);
  logger->info("stopping on {}", strsignal(signal_number));
  EndInGoodOrder(std::move(*server), *signals, *logger);
  return 0;
}

}  // namespace thalweg
