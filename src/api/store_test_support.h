// A store in memory or in a directory of its own, with a clock moved and an executor run by hand,
// for tests. Blocking calls need no executor; what is told later is told by RunAll.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "stream/offset.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"
#include "testing/temp_folder.h"
#include "thalweg/store.h"

namespace thalweg {

enum class Place { kMemory, kDirectory };

inline constexpr Place kPlaces[] = {Place::kMemory, Place::kDirectory};

inline std::string NameOf(const testing::TestParamInfo<Place>& info) {
  return info.param == Place::kMemory ? "Memory" : "Directory";
}

class StoreTest : public testing::TestWithParam<Place> {
 protected:
  StoreTest() { Start(); }

  // Ends the store and opens it again; in memory it is another one.
  void Start() {
    store_.reset();
    StoreOptions options;
    options.clock = &clock_;
    options.executor = &executor_;
    if (GetParam() == Place::kMemory) {
      store_ = Store::InMemory(options);
      return;
    }
    auto opened = Store::Open(folder_ / "data", options);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }

  void Create(std::string_view path, const char* type = "text/plain", std::string_view data = {}) {
    const auto created = store_->Create(path, {.content_type = type, .initial_data = data});
    ASSERT_TRUE(created) << path << ": " << created.error().message;
    EXPECT_TRUE(created->created) << path;
  }
  void Append(std::string_view path, std::string_view data) {
    const auto appended = store_->Append(path, data);
    ASSERT_TRUE(appended) << path << ": " << appended.error().message;
  }
  // Whoever waits has been told of each change that was awaited before: they are of an earlier
  // commit, and one is told of to all before the next is.
  void Settle() { Create("settled" + std::to_string(settled_++)); }
  // A source that is deleted and that a fork still reads.
  void CreateSoftDeleted(const std::string& path) {
    Create(path, "text/plain", "ab");
    ASSERT_TRUE(store_->Create(path + "/fork", {.forked_from = path}));
    EXPECT_TRUE(store_->Remove(path).value());
  }
  // All of a stream's bytes in a row.
  std::string Text(std::string_view path) {
    std::string text;
    const auto read = store_->Read(path);
    if (!read) return "error: " + read.error().message;
    for (const Message& message : read->messages) text += message.data.view();
    return text;
  }
  bool in_memory() const { return GetParam() == Place::kMemory; }

  TempFolder folder_;
  ManualClock clock_;
  ManualExecutor executor_{clock_};
  std::unique_ptr<Store> store_;
  int settled_ = 0;
};

inline std::string OffsetText(uint64_t offset) { return FormatOffset(Offset{offset}); }

// The code of a refusal; a success fails the test.
template <typename T>
StoreErrc CodeOf(const StoreResult<T>& result) {
  EXPECT_FALSE(result) << "it was not refused";
  if (result) return StoreErrc{0xff};
  EXPECT_FALSE(result.error().message.empty());
  EXPECT_TRUE(result.error().message.ends_with('.')) << result.error().message;
  return result.error().code;
}

// So that a failure names the code.
inline void PrintTo(StoreErrc code, std::ostream* out) { *out << static_cast<int>(code); }

}  // namespace thalweg
