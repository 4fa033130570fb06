// SIGTERM, SIGINT and SIGHUP as something to wait for, instead of something that interrupts.
//
// Made by main before any thread starts, so that every thread inherits the blocked signals.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

namespace thalweg {

class Signals {
 public:
  // Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it starts, and ignores SIGPIPE.
  static std::expected<Signals, std::string> Block();

  Signals(Signals&& other) noexcept;
  Signals& operator=(Signals&&) = delete;
  ~Signals();

  int fd() const { return fd_; }  // readable when a signal is pending

  // Takes a pending signal's number; null: none is pending.
  std::optional<int> Take();

 private:
  explicit Signals(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace thalweg
