#include "api/engine_home.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "api/store_test_support.h"
#include "storage/log_format.h"
#include "testing/manual_clock.h"
#include "thalweg/store.h"

namespace thalweg {
namespace {

// Of the first file of the log of a new directory.
std::optional<uint64_t> SaltOfNewLog(const std::string& path) {
  const auto store = Store::Open(path, {.log_file_bytes = 1});
  if (!store || !(*store)->Create("a")) return std::nullopt;
  for (const auto& file : std::filesystem::directory_iterator(path + "/log")) {
    std::string page(kLogPageBytes, '\0');
    std::ifstream(file.path()).read(page.data(), static_cast<std::streamsize>(page.size()));
    if (const auto found = DecodeLogFileHeader(page); found) return found->salt;
  }
  return std::nullopt;
}

// A block of another log, or of an earlier start, is not taken for one of this log (docs/formats).
TEST(EngineHome, EachStartHasItsOwnSalts) {
  const TestFolder folder;
  const auto one = SaltOfNewLog(folder / "one");
  const auto other = SaltOfNewLog(folder / "other");
  ASSERT_TRUE(one && other);
  EXPECT_NE(*one, *other);
}

// A store whose directory a test takes away; no second passes by itself, so nobody looks for it.
class LosingStore {
 public:
  LosingStore() {
    StoreOptions options{.log_file_bytes = 1, .checkpoint_log_bytes = 64 << 10, .clock = &clock_};
    options.on_failure = [this](const StoreFailure& failure) { told_.set_value(failure); };
    auto opened = Store::Open(data(), options);
    EXPECT_TRUE(opened);
    if (opened) store_ = *std::move(opened);
    EXPECT_TRUE(store_->Create("a"));
  }

  std::string data() const { return folder_ / "data"; }
  std::string elsewhere() const { return folder_ / "elsewhere"; }

  // The log misses its next file, or a checkpoint one that it would trim.
  void AppendUntilRefused() {
    while (store_->Append("a", std::string(4'096, 'x'))) {
    }
  }
  void PassASecond() { clock_.AdvanceMs(1'000); }

  StoreFailure Told() {
    auto told = told_.get_future();
    if (told.wait_for(std::chrono::minutes{1}) == std::future_status::ready) return told.get();
    return {.message = "nothing"};
  }

 private:
  const TestFolder folder_;
  ManualClock clock_;
  std::promise<StoreFailure> told_;
  std::unique_ptr<Store> store_;
};

TEST(EngineHome, TellsThatItsDirectoryIsGoneWhoeverFindsOut) {
  struct Row {
    std::function<void(const LosingStore&)> lose;
    std::function<void(LosingStore&)> find_out;
  };
  const auto remove = [](const LosingStore& s) { std::filesystem::remove_all(s.data()); };
  const auto remove_log = [](const LosingStore& s) {
    std::filesystem::remove_all(s.data() + "/log");
  };
  const auto move = [](const LosingStore& s) {
    std::filesystem::rename(s.data(), s.elsewhere());  // so the log misses nothing
  };
  const auto by_looking = [](LosingStore& s) { s.PassASecond(); };
  const auto by_appends = [](LosingStore& s) { s.AppendUntilRefused(); };
  const Row rows[] = {{remove, by_looking},
                      {remove, by_appends},
                      {remove_log, by_looking},
                      {remove_log, by_appends},
                      {move, by_looking}};
  for (const Row& row : rows) {
    LosingStore store;
    row.lose(store);
    row.find_out(store);
    const StoreFailure told = store.Told();
    EXPECT_EQ(told.code, StoreFailure::Code::kDirectoryGone);
    EXPECT_TRUE(told.message.contains("the data directory " + store.data() + " is gone: "))
        << told.message;
    EXPECT_FALSE(told.message.contains("is recovered")) << told.message;
  }
}

TEST(EngineHome, WhereOnlyAFileIsGoneNothingIsPromised) {
  LosingStore store;
  for (const auto& file : std::filesystem::directory_iterator(store.data() + "/log")) {
    std::filesystem::remove(file.path());
  }
  store.AppendUntilRefused();
  const StoreFailure told = store.Told();
  EXPECT_EQ(told.code, StoreFailure::Code::kDisk);
  EXPECT_TRUE(told.message.contains("the disk failed: ")) << told.message;
  EXPECT_FALSE(told.message.contains("is recovered")) << told.message;
}

}  // namespace
}  // namespace thalweg
