#include "server/log_sink.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/write_soon.h"

namespace thalweg {
namespace {

constexpr int kWaitMs = 100;  // for the first line that is not taken; those behind it do not wait

}  // namespace

LogSink::LogSink(int fd)
    : unwaiting_(OpenUnwaiting(fd)), fd_(unwaiting_.valid() ? unwaiting_.get() : fd) {}

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  const bool were_lost = lost_ > 0;
  if (were_lost) {
    const std::string text = fmt::format("lines missing here, for nobody took them: {}", lost_);
    const spdlog::details::log_msg told(message.time, {}, message.logger_name, spdlog::level::warn,
                                        text);
    if (!Write(told, 0)) {
      ++lost_;
      return;
    }
  }
  lost_ = Write(message, were_lost ? 0 : kWaitMs) ? 0 : 1;
}

bool LogSink::Write(const spdlog::details::log_msg& message, int wait_ms) {
  spdlog::memory_buf_t line;
  if (is_inside_line_) line.push_back('\n');
  formatter_->format(message, line);
  const size_t taken = WriteSoon(fd_, {line.data(), line.size()}, wait_ms);
  if (taken > 0) is_inside_line_ = taken < line.size();
  return taken == line.size();
}

}  // namespace thalweg
