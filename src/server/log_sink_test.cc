#include "server/log_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/owned_fd.h"
#include "base/write_soon.h"

namespace thalweg {
namespace {

class LogSinkTest : public testing::Test {
 protected:
  LogSinkTest() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    out_ = OwnedFd(ends[0]);
    in_ = OwnedFd(ends[1]);
    logger_ = std::make_unique<spdlog::logger>("test", std::make_shared<LogSink>(in_.get()));
    logger_->set_pattern("%l %v");
  }

  size_t Capacity() const { return static_cast<size_t>(fcntl(in_.get(), F_GETPIPE_SZ)); }

  std::string Read() const {
    std::string text(2 * Capacity(), '\0');
    text.resize(static_cast<size_t>(read(out_.get(), text.data(), text.size())));
    return text;
  }

  OwnedFd out_, in_;
  std::unique_ptr<spdlog::logger> logger_;
};

TEST_F(LogSinkTest, WritesEachLineAtOnce) {
  logger_->info("one");
  EXPECT_EQ(Read(), "info one\n");
  logger_->warn("two");
  EXPECT_EQ(Read(), "warning two\n");
}

TEST_F(LogSinkTest, GoesOnWhereNobodyReadsAndSaysHowManyLinesAreMissing) {
  const std::string full(Capacity(), 'x');
  EXPECT_TRUE(WriteSoon(in_.get(), full, 0));
  for (int line = 0; line < 3; ++line) logger_->info("nobody hears {}", line);
  EXPECT_EQ(Read(), full);
  logger_->info("again");
  logger_->info("and again");
  EXPECT_EQ(Read(),
            "warning 3 lines of this log are missing here: nobody took them\n"
            "info again\ninfo and again\n");
}

}  // namespace
}  // namespace thalweg
