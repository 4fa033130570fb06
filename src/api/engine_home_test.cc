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
#include "testing/temp_folder.h"
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
  const TempFolder folder;
  const auto one = SaltOfNewLog(folder / "one");
  const auto other = SaltOfNewLog(folder / "other");
  ASSERT_TRUE(one && other);
  EXPECT_NE(*one, *other);
}

// A store whose directory a test takes away; no time passes by itself, so nobody looks for it.
class LosingStore {
 public:
  LosingStore() {
    StoreOptions options{.log_file_bytes = 1, .checkpoint_log_bytes = 64 << 10, .clock = &clock_};
    options.on_failure = [this](const StoreFailure& failure) { told_.set_value(failure); };
    auto opened = Store::Open(data(), options);
    store_ = std::move(opened).value();
    EXPECT_TRUE(store_->Create("a"));
  }

  std::string data() const { return folder_ / "data"; }
  std::string elsewhere() const { return folder_ / "elsewhere"; }

  // The log misses its next file, or a checkpoint one that it would trim.
  void AppendUntilRefused() {
    while (store_->Append("a", std::string(4'096, 'x'))) {
    }
  }

  StoreFailure Told() {
    auto told = told_.get_future();
    if (told.wait_for(std::chrono::minutes{1}) == std::future_status::ready) return told.get();
    return {.message = "nothing"};
  }

  // The same while time passes.
  StoreFailure ToldInTime() {
    auto told = told_.get_future();
    for (int i = 0; i < 6'000; ++i) {
      clock_.AdvanceMs(250);
      if (told.wait_for(std::chrono::milliseconds{10}) == std::future_status::ready) {
        return told.get();
      }
    }
    return {.message = "nothing"};
  }

 private:
  const TempFolder folder_;
  ManualClock clock_;
  std::promise<StoreFailure> told_;
  std::unique_ptr<Store> store_;
};

void ExpectGone(const LosingStore& store, const StoreFailure& told, const std::string& found) {
  EXPECT_EQ(told.code, StoreFailure::Code::kDirectoryGone);
  const std::string gone = "the data directory " + store.data() + " is gone, or a part of it: ";
  EXPECT_TRUE(told.message.starts_with(gone + found)) << told.message;
  EXPECT_FALSE(told.message.contains("is recovered")) << told.message;
}

TEST(EngineHome, TellsThatItsDirectoryIsGoneWhoeverFindsOut) {
  struct Row {
    std::string why;
    std::function<void(const LosingStore&)> lose;
    std::string found;
  };
  const auto remove_log = [](const LosingStore& s) {
    std::filesystem::remove_all(s.data() + "/log");
  };
  const auto remove = [](const LosingStore& s) { std::filesystem::remove_all(s.data()); };
  const auto move = [](const LosingStore& s) { std::filesystem::rename(s.data(), s.elsewhere()); };
  const Row rows[] = {{"removed", remove, "open directory "},
                      {"its log removed", remove_log, "log is missing"},
                      {"moved", move, "open directory "}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    LosingStore looks;
    row.lose(looks);
    ExpectGone(looks, looks.ToldInTime(), row.found);
    if (row.why == "moved") continue;  // the log misses nothing
    LosingStore appends;
    row.lose(appends);
    appends.AppendUntilRefused();
    ExpectGone(appends, appends.Told(), row.found);
  }
}

// Nor does anybody miss a link on the way to it, or follow where that leads later.
TEST(EngineHome, IsWhereItsPathLedWhenItWasOpened) {
  const TempFolder folder;
  const std::string link = folder / "link";
  std::filesystem::create_directory(folder / "first");
  std::filesystem::create_directory(folder / "second");
  std::filesystem::create_directory_symlink(folder / "first", link);
  ManualClock clock;
  StoreFailure told;
  StoreOptions options{.checkpoint_age_ms = 1, .clock = &clock};
  options.on_failure = [&told](const StoreFailure& failure) { told = failure; };
  auto first = Store::Open(link + "/data", options).value();
  std::filesystem::remove(link);
  std::filesystem::create_directory_symlink(folder / "second", link);
  auto second = Store::Open(link + "/data").value();
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(first->Create("a" + std::to_string(i)));
    clock.AdvanceMs(250);
  }
  first.reset();
  EXPECT_EQ(told.message, "");
  EXPECT_FALSE(second->Has("a0"));
  second.reset();
  EXPECT_TRUE(Store::Open(folder / "first/data").value()->Has("a19"));
}

// As in the midst of a removal that began there.
TEST(EngineHome, WhereFilesOfTheLogAreGoneNothingIsPromisedEither) {
  LosingStore store;
  for (const auto& file : std::filesystem::directory_iterator(store.data() + "/log")) {
    std::filesystem::remove(file.path());
  }
  store.AppendUntilRefused();
  ExpectGone(store, store.Told(), "");
}

// Each part may be a volume of its own.
TEST(EngineHome, StartsWhereAFileSystemHasItsOwnFolders) {
  const TempFolder folder;
  const std::string path = folder / "data";
  for (const char* part : {"/log", "/segments"}) {
    std::filesystem::create_directories(path + part + "/lost+found");
  }
  for (const char* name : {"a", "b"}) {
    const auto store = Store::Open(path);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->Create(name));
  }
  EXPECT_TRUE(std::filesystem::exists(path + "/log/lost+found"));
}

}  // namespace
}  // namespace thalweg
