// Results that come later, failures, and many threads on one store.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/store_test_support.h"
#include "engine/engine.h"
#include "engine/port.h"
#include "net/loop.h"
#include "testing/door.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

using StoreAsyncTest = StoreTest;

template <typename T>
StoreCallback<T> Into(std::optional<StoreResult<T>>& result) {
  return [&result](StoreResult<T> told) {
    EXPECT_FALSE(result) << "told once";
    result = std::move(told);
  };
}

TEST_P(StoreAsyncTest, EveryChangeTellsWhatItsBlockingFormReturns) {
  std::optional<StoreResult<CreateResult>> created;
  std::optional<StoreResult<AppendResult>> appended, closed, refused;
  std::optional<StoreResult<bool>> removed;
  std::optional<StoreResult<void>> cleared;
  store_->CreateAsync("a", {.content_type = "text/plain"}, Into(created));
  store_->AppendAsync("a", "x", {}, Into(appended));
  store_->CloseAsync("a", std::nullopt, Into(closed));
  store_->AppendAsync("a", "y", {}, Into(refused));
  EXPECT_TRUE(!in_memory() || (created && appended && closed && refused))
      << "told within the call where there is nothing to wait for";
  ASSERT_TRUE(store_->Create("barrier"));  // all before it is durable when it is
  Settle();
  executor_.RunAll();
  ASSERT_TRUE(created && appended && closed && refused);
  EXPECT_TRUE((*created)->created);
  EXPECT_EQ((*appended)->next_offset, OffsetText(1));
  EXPECT_EQ((*closed)->kind, AppendResult::Kind::kClosed);
  EXPECT_EQ(CodeOf(*refused), StoreErrc::kClosed);

  store_->RemoveAsync("a", Into(removed));
  store_->ClearAsync(Into(cleared));
  ASSERT_TRUE(store_->Create("barrier"));
  Settle();
  executor_.RunAll();
  ASSERT_TRUE(removed && *removed && cleared && *cleared);
  EXPECT_TRUE(**removed);
  EXPECT_EQ(store_->List(), (std::vector<std::string>{"barrier", "settled1"}));
}

TEST_P(StoreAsyncTest, RefusalsOfArgumentsAreToldWithinTheCall) {
  std::optional<StoreResult<CreateResult>> created;
  store_->CreateAsync("..", {}, Into(created));
  ASSERT_TRUE(created);
  EXPECT_EQ(CodeOf(*created), StoreErrc::kBadArgument);
}

TEST_P(StoreAsyncTest, TheStoresEndCommitsAndAnswersWhatWaits) {
  Create("a");
  std::optional<StoreResult<AppendResult>> appended, again;
  std::optional<StoreResult<WaitResult>> waited;
  Store* const store = store_.get();
  store->AppendAsync("a", "x", {}, [&](StoreResult<AppendResult> told) {
    appended = std::move(told);
    if (in_memory()) return;
    store->AppendAsync("a", "y", {}, Into(again));
    waited = store->WaitForMessages("a", "-1", 60'000);
  });
  const bool told_at_once = appended.has_value();  // a disk may be that quick
  Start();
  ASSERT_TRUE(appended && *appended) << "staged, so it is committed";
  if (told_at_once) return;
  ASSERT_TRUE(again);
  EXPECT_EQ(CodeOf(*again), StoreErrc::kFailed) << "the store is closing";
  ASSERT_TRUE(waited);
  EXPECT_EQ(CodeOf(*waited), StoreErrc::kFailed);
  EXPECT_EQ(Text("a"), "x");
}

TEST_P(StoreAsyncTest, AfterAFailureEveryChangeIsRefusedAndWhatIsThereIsRead) {
  Create("a", "text/plain", "x");
  store_->engine().Fail();
  EXPECT_EQ(CodeOf(store_->Create("b")), StoreErrc::kFailed);
  EXPECT_EQ(CodeOf(store_->Append("a", "y")), StoreErrc::kFailed);
  EXPECT_EQ(CodeOf(store_->Close("a")), StoreErrc::kFailed);
  EXPECT_EQ(CodeOf(store_->Remove("a")), StoreErrc::kFailed);
  EXPECT_EQ(CodeOf(store_->Clear()), StoreErrc::kFailed);
  EXPECT_EQ(Text("a"), "x");
  EXPECT_TRUE(store_->Has("a"));
}

// Appends to a stream of its own and reads everybody's; returns the number of appends.
size_t AppendAndRead(Store& store, size_t thread, size_t threads) {
  const std::string mine = "s/" + std::to_string(thread);
  EXPECT_TRUE(store.Create(mine, {.content_type = "text/plain"}));
  constexpr size_t kRounds = 200;
  for (size_t round = 0; round < kRounds; ++round) {
    const auto appended = store.Append(mine, "x");
    EXPECT_TRUE(appended && appended->next_offset == OffsetText(round + 1));
    const auto read = store.Read("s/" + std::to_string((thread + round) % threads));
    if (!read) {
      EXPECT_EQ(CodeOf(read), StoreErrc::kNotFound);
    } else {
      EXPECT_EQ(read->next_offset, OffsetText(read->messages.size()));
    }
    EXPECT_TRUE(round % 50 != 0 || store.List("s/"));
  }
  return kRounds;
}

// Follows a stream until it is closed; returns what it was told.
std::string Follow(Store& store, const std::string& path) {
  std::string got;
  std::string offset = "-1";
  for (;;) {
    const auto told = store.WaitForMessages(path, offset, 60'000);
    if (!told) return "error: " + told.error().message;
    for (const Message& message : told->read.messages) got += message.data.view();
    if (told->read.closed) return got;
    offset = told->read.next_offset;
  }
}

void UseByManyThreads(Store& store) {
  ASSERT_TRUE(store.Create("followed", {.content_type = "text/plain"}));
  constexpr size_t kThreads = 4;
  constexpr size_t kAsync = 200;
  std::array<std::string, 3> followed;
  {
    std::vector<std::jthread> threads;
    for (std::string& got : followed) {
      threads.emplace_back([&] { got = Follow(store, "followed"); });
    }
    for (size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] { AppendAndRead(store, t, kThreads); });
    }
    threads.emplace_back([&] {
      std::atomic<size_t> told = 0;
      std::promise<void> all_told;
      for (size_t i = 0; i < kAsync; ++i) {
        store.AppendAsync("followed", "y", {}, [&](StoreResult<AppendResult> appended) {
          EXPECT_TRUE(appended);
          if (++told == kAsync) all_told.set_value();
        });
      }
      all_told.get_future().wait();
      EXPECT_TRUE(store.Close("followed"));
    });
  }
  for (const std::string& got : followed) EXPECT_EQ(got, std::string(kAsync, 'y'));
  EXPECT_EQ(store.List("s/")->size(), kThreads);
}

TEST(StoreThreads, ManyUseOneInMemory) { UseByManyThreads(*Store::InMemory()); }

TEST(StoreThreads, ManyUseOneInADirectoryThatIsCheckpointedAllTheTime) {
  TempFolder folder;
  StoreOptions options;
  options.checkpoint_log_bytes = 1;
  options.checkpoint_age_ms = 1;
  auto store = Store::Open(folder / "data", options);
  ASSERT_TRUE(store) << store.error().message;
  UseByManyThreads(**store);
}

TEST(StoreThreads, NoCallbackIsForgottenAtTheEnd) {
  TempFolder folder;
  auto store = Store::Open(folder / "data");
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->Create("a"));
  std::atomic<size_t> told = 0;
  constexpr size_t kAppends = 50;
  for (size_t i = 0; i < kAppends; ++i) {
    (*store)->AppendAsync("a", "x", {}, [&](StoreResult<AppendResult> appended) {
      EXPECT_TRUE(appended);
      ++told;
    });
  }
  store->reset();
  EXPECT_EQ(told, kAppends);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, StoreAsyncTest, testing::ValuesIn(kPlaces), NameOf);

// Its loop has a write under way, of which it would hear in its next turn only.
TEST(StoreOnALoop, ACallThatWaitsComesBackThere) {
  const TempFolder folder;
  const auto store = std::move(*Store::Open(folder / "data"));
  ASSERT_TRUE(store->Create("/a", {.content_type = std::string(kBytesType)}));
  ASSERT_TRUE(store->Append("/a", "1"));
  Loop loop;
  auto port = store->engine().Attach(loop);
  bool is_answered = false;
  loop.Post([&] {
    const auto staged = store->engine().Append("a", NewAppend("2"), CommitStart::kByPort);
    port->WhenDurable(staged.rests_on, [&] { is_answered = true; });
    loop.Post([&] {  // behind the one that begins the write
      EXPECT_TRUE(store->Append("/a", "3"));
      loop.Post([&] { loop.Stop(); });
    });
  });
  loop.Run();
  EXPECT_TRUE(is_answered);
}

TEST(StoreOnALoop, AWaitForMessagesThatItHasUnderWayComesBackThere) {
  const TempFolder folder;
  const auto store = std::move(*Store::Open(folder / "data"));
  ASSERT_TRUE(store->Create("/a", {.content_type = std::string(kBytesType)}));
  ASSERT_TRUE(store->Append("/a", "1"));
  Loop loop;
  const auto port = store->engine().Attach(loop);
  loop.Post([&] {
    const auto staged = store->engine().Append("a", NewAppend("2"), CommitStart::kByPort);
    port->WhenDurable(staged.rests_on, [] {});
    loop.Post([&] {  // behind the one that begins the write
      const auto waited = store->WaitForMessages("/a", OffsetText(1), 20'000);
      EXPECT_TRUE(waited && !waited->timed_out);
      loop.Post([&] { loop.Stop(); });
    });
  });
  loop.Run();
}

}  // namespace
}  // namespace thalweg
