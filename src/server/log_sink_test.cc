#include "server/log_sink.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <climits>
#include <memory>
#include <string>

#include "testing/full_pipe.h"

namespace thalweg {
namespace {

class LogSinkTest : public testing::Test {
 protected:
  LogSinkTest() : logger_("test", std::make_shared<LogSink>(pipe_.in())) {
    logger_.set_pattern("%l %v");
  }

  const FullPipe pipe_;
  spdlog::logger logger_;
};

TEST_F(LogSinkTest, WritesEachLineAtOnce) {
  logger_.info("one");
  EXPECT_EQ(pipe_.ReadAll(), "info one\n");
  logger_.warn("two");
  EXPECT_EQ(pipe_.ReadAll(), "warning two\n");
}

TEST_F(LogSinkTest, GoesOnWhereNobodyReadsAndSaysHowManyLinesAreMissing) {
  const std::string full = pipe_.Fill();
  for (int line = 0; line < 3; ++line) logger_.info("nobody hears {}", line);
  EXPECT_EQ(pipe_.ReadAll(), full);
  logger_.info("again");
  logger_.info("and again");
  EXPECT_EQ(pipe_.ReadAll(),
            "warning lines missing here, for nobody took them: 3\n"
            "info again\ninfo and again\n");
}

TEST_F(LogSinkTest, EndsALineOfWhichOnlyAPartWasTaken) {
  const std::string full = pipe_.Fill();
  pipe_.Read(PIPE_BUF);
  logger_.info(std::string(2 * PIPE_BUF, 'y'));
  const std::string got = pipe_.ReadAll();
  EXPECT_TRUE(got.ends_with("yyy"));
  logger_.info("again");
  EXPECT_EQ(pipe_.ReadAll(), "\nwarning lines missing here, for nobody took them: 1\ninfo again\n");
}

}  // namespace
}  // namespace thalweg
