#include "server/log_sink.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/write_soon.h"

namespace thalweg {
namespace {

constexpr int kWaitMs = 100;  // for the first line that is not taken; others are not waited for

}  // namespace

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  if (lost_ > 0) {
    const std::string text =
        fmt::format("{} lines of this log are missing here: nobody took them", lost_);
    const spdlog::details::log_msg told(message.time, {}, message.logger_name, spdlog::level::warn,
                                        text);
    if (!Write(told, 0)) {
      ++lost_;
      return;
    }
    lost_ = 0;
  }
  if (!Write(message, kWaitMs)) lost_ = 1;
}

bool LogSink::Write(const spdlog::details::log_msg& message, int wait_ms) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  return WriteSoon(fd_, {line.data(), line.size()}, wait_ms);
}

}  // namespace thalweg
