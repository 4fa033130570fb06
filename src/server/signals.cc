// Crosses threads; see the header.
#include "server/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace thalweg {

namespace {

bool IsIgnored(int signal_number) {
  struct sigaction action{};
  sigaction(signal_number, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}

}  // namespace

std::expected<Signals, std::string> Signals::Block() {
  // The last two are what tools send that would have a server open its files anew. It has none.
  for (const int number : {SIGPIPE, SIGUSR1, SIGUSR2}) signal(number, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  // Of the terminal: ignored under nohup, or in the background of a script. Blocked, they would
  // come here all the same.
  for (const int number : {SIGHUP, SIGINT}) {
    if (!IsIgnored(number)) sigaddset(&set, number);
  }
  if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    return std::unexpected(std::string("cannot block signals: ") + std::strerror(error));
  }
  OwnedFd signals(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  OwnedFd interrupt(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!signals.valid() || !interrupt.valid()) {
    return std::unexpected(std::string("cannot wait for signals: ") + std::strerror(errno));
  }
  return Signals(std::move(signals), std::move(interrupt));
}

std::optional<int> Signals::Wait(int max_ms) {
  for (;;) {
    pollfd either[] = {{signals_.get(), POLLIN, 0}, {interrupt_.get(), POLLIN, 0}};
    if (poll(either, std::size(either), max_ms) == 0) return std::nullopt;
    signalfd_siginfo info;
    if (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      return static_cast<int>(info.ssi_signo);
    }
    uint64_t interrupts = 0;
    if (read(interrupt_.get(), &interrupts, sizeof interrupts) > 0) return std::nullopt;
  }
}

void Signals::Interrupt() {
  const uint64_t one = 1;
  const ssize_t put = write(interrupt_.get(), &one, sizeof one);
  THALWEG_ASSERT(put == static_cast<ssize_t>(sizeof one));
}

EndOnSignal::EndOnSignal(Signals& signals, std::function<void(int)> end)
    : signals_(signals), thread_([&signals, end = std::move(end)] {
        if (const auto signal_number = signals.Wait()) end(*signal_number);
      }) {}

EndOnSignal::~EndOnSignal() {
  signals_.Interrupt();
  thread_.join();
}

}  // namespace thalweg
