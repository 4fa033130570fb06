// SIGTERM, SIGINT and SIGHUP as something to wait for, instead of something that interrupts.
//
// Made by main before any thread starts, so that every thread inherits the blocked signals.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/owned_fd.h"

namespace thalweg {

class Signals {
 public:
  // Blocks SIGTERM, and SIGINT and SIGHUP where they are not ignored, in this thread and those it
  // starts, and ignores SIGPIPE.
  static std::expected<Signals, std::string> Block();

  // The number of the next one, as soon as there is one; null: Interrupt was called, or so much
  // time has passed; -1: as much as it takes. THREAD: one at a time.
  std::optional<int> Wait(int max_ms = -1);

  // Ends the wait that is under way, or else the next. THREAD: any.
  void Interrupt();

 private:
  Signals(OwnedFd signals, OwnedFd interrupt)
      : signals_(std::move(signals)), interrupt_(std::move(interrupt)) {}

  OwnedFd signals_;
  OwnedFd interrupt_;
};

// While it lives, a thread waits for a signal, and calls `end` with its number.
class EndOnSignal {
 public:
  // REQUIRES: `signals` outlives it, and `end` does not return.
  EndOnSignal(Signals& signals, std::function<void(int)> end);
  ~EndOnSignal();
  EndOnSignal(const EndOnSignal&) = delete;
  EndOnSignal& operator=(const EndOnSignal&) = delete;

 private:
  Signals& signals_;
  std::thread thread_;
};

}  // namespace thalweg
