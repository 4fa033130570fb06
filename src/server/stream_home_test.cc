#include "server/stream_home.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "base/system_clock.h"
#include "server/exit_codes.h"

namespace thalweg {
namespace {

class StreamHomeTest : public testing::Test {
 protected:
  StreamHomeTest() {
    std::string name = (std::filesystem::temp_directory_path() / "thalweg-home-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~StreamHomeTest() override { std::filesystem::remove_all(root_); }

  StreamHome::Result<std::unique_ptr<StreamHome>> Open(const std::string& name = "data") {
    return StreamHome::OnDisk({.data_dir = (root_ / name).string()}, clock_, logger_);
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(root_ / name) << text;
  }

  std::filesystem::path root_;
  SystemClock clock_;
  std::ostringstream said_;
  spdlog::logger logger_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(said_)};
};

CreateCommand NewStream(std::string_view path) {
  CreateCommand command;
  command.path = path;
  return command;
}

TEST_F(StreamHomeTest, MakesADirectoryAndFindsItsStreamsAgain) {
  Open().value()->engine().Create(NewStream("/a"));
  const auto again = Open();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->engine().Describe("/a").verdict, ReadVerdict::kOk);
  EXPECT_NE(said_.str().find("checkpoint at record 1 with 1 segments, then 0 records"),
            std::string::npos)
      << said_.str();
}

TEST_F(StreamHomeTest, SaysWithItsExitCodeWhyItCannotOpen) {
  const auto expect = [&](const std::string& name, int exit_code, const char* said) {
    const auto refused = Open(name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().exit_code, exit_code) << refused.error().message;
    EXPECT_NE(refused.error().message.find(said), std::string::npos) << refused.error().message;
  };
  expect("none/data", kExitCannotStart, "No such file");
  Write("file", "x");
  expect("file", kExitCannotStart, "Not a directory");
  const auto held = Open("held");
  expect("held", kExitForeign, "in use");
  std::filesystem::create_directory(root_ / "foreign");
  Write("foreign/holiday.jpg", "x");
  expect("foreign", kExitForeign, "holiday.jpg");
  ASSERT_TRUE(Open("hurt"));
  std::filesystem::remove_all(root_ / "hurt/log");
  expect("hurt", kExitDamaged, "log is missing");
}

TEST_F(StreamHomeTest, TellsWhatItPutAside) {
  ASSERT_TRUE(Open());
  Write("data/log/notes.txt", "x");
  ASSERT_TRUE(Open());
  EXPECT_NE(said_.str().find("moved to quarantine/notes.txt"), std::string::npos) << said_.str();
}

TEST_F(StreamHomeTest, InMemoryNothingIsLeft) {
  StreamHome::InMemory(clock_)->engine().Create(NewStream("/a"));
  EXPECT_EQ(StreamHome::InMemory(clock_)->engine().stream_count(), 0u);
}

}  // namespace
}  // namespace thalweg
