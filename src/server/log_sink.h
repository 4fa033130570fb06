// Where the program's log goes: lines to a descriptor, of which each is out when it was logged.
//
// The server must not stand still for who reads its log: where a terminal is stopped, or a pipe is
// full, lines are left out and counted, and once there is room again that is said first.
//
// THREAD: any.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <cstdint>
#include <mutex>

#include "base/owned_fd.h"

namespace thalweg {

class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // REQUIRES: `fd` stays open.
  explicit LogSink(int fd);

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}
  bool Write(const spdlog::details::log_msg& message, int wait_ms);

  const OwnedFd unwaiting_;
  const int fd_;
  bool is_inside_line_ = false;  // of which only a part was taken
  uint64_t lost_ = 0;            // lines, since one was taken
};

}  // namespace thalweg
