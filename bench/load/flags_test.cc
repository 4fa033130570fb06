#include "bench/load/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace thalweg::bench {
namespace {

using testing::HasSubstr;

std::expected<Flags, FlagsExit> Parsed(std::vector<const char*> argv) {
  argv.insert(argv.begin(), {"thalweg_load", "--url", "http://127.0.0.1:1/v1/stream"});
  return ParseFlags(static_cast<int>(argv.size()), argv.data());
}

TEST(Flags, AreReadFromTheCommandLine) {
  const auto flags = Parsed({"--mode", "producer", "--connections", "16", "--pipeline", "5",
                             "--type", "json", "--bytes", "100", "--batch", "100", "--pick",
                             "connection", "--no-create", "--watch", "7"});
  ASSERT_TRUE(flags.has_value()) << flags.error().text;
  EXPECT_EQ(flags->mode, Mode::kProducer);
  EXPECT_EQ(flags->connections, 16);
  EXPECT_EQ(flags->pipeline, 5);
  EXPECT_EQ(flags->message.type, BodyType::kJson);
  EXPECT_EQ(flags->message.batch, 100);
  EXPECT_EQ(flags->pick, Pick::kConnection);
  EXPECT_FALSE(flags->create);
  EXPECT_EQ(flags->watched, 7);
}

TEST(Flags, TheModeSaysHowReadersWait) {
  EXPECT_EQ(Parsed({"--mode", "long-poll", "--readers", "1", "--rate", "1"})->live,
            Live::kLongPoll);
  EXPECT_EQ(Parsed({"--mode", "sse", "--readers", "1", "--rate", "1"})->live, Live::kSse);
  EXPECT_EQ(Parsed({"--mode", "idle", "--readers", "1", "--live", "long-poll"})->live,
            Live::kLongPoll);
}

TEST(Flags, ThatDoNotFitTogetherAreRefusedWithAReason) {
  struct Case {
    std::vector<const char*> argv;
    const char* says;
  };
  const Case cases[] = {
      {{"--bytes", "16"}, "takes 17 or more"},
      {{"--type", "json", "--bytes", "31"}, "takes 32 or more"},
      {{"--batch", "2"}, "only JSON"},
      {{"--mode", "replay"}, "needs --replays"},
      {{"--replay-once"}, "needs --replays"},
      {{"--mode", "sse", "--rate", "1"}, "needs --readers"},
      {{"--mode", "sse", "--readers", "1"}, "needs --rate"},
      {{"--mode", "nothing"}, "--mode"},
      {{"--streams", "0"}, "--streams"},
  };
  for (const Case& c : cases) {
    const auto flags = Parsed(c.argv);
    ASSERT_FALSE(flags.has_value()) << c.says;
    EXPECT_EQ(flags.error().code, 2);
    EXPECT_THAT(flags.error().text, HasSubstr(c.says));
  }
}

}  // namespace
}  // namespace thalweg::bench
