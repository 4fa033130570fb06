#include "engine/durable_engine.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "storage/directory.h"
#include "storage/log_test_folder.h"
#include "storage/posix_disk.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"
#include "testing/sim_catalog.h"

namespace thalweg {
namespace {

// As LogTestFolder has them.
DurableEngineOptions Options() {
  DurableEngineOptions options;
  options.log = {.file_bytes = 1 << 20, .salt_seed = 5};
  options.log.directory.fill(1);
  options.store.directory.fill(1);
  return options;
}

class DurableEngineTest : public testing::Test {
 protected:
  DurableEngineTest() { EXPECT_TRUE(Directory(folder_.disk(), "").MakeDirectory("segments")); }

  std::unique_ptr<DurableEngine> Open() {
    auto opened = Try([](const StorageFault& fault) { ADD_FAILURE() << fault.message; });
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }

  StorageResult<std::unique_ptr<DurableEngine>> Try(
      const std::function<void(const StorageFault&)>& tell) {
    return DurableEngine::Open(
        folder_.disk(), std::make_unique<BorrowedCatalog>(catalog_), Options(), clock_,
        {.on_failure = tell, .on_trouble = tell, .on_unreadable = tell, .on_checkpoint = {}});
  }

  LogTestFolder folder_;
  SimCatalog catalog_;
  ManualClock clock_;
};

TEST_F(DurableEngineTest, HoldsAfterARestartWhatWasCommittedWhenItEnded) {
  {
    const auto durable = Open();
    durable->engine().Create(NewStream("/a", kBytesType, "a"));
    durable->engine().Append("/a", NewAppend("b"));
    durable->engine().Append("/a", NewClose());
    durable->engine().Create(NewFork("/f", "/a", 1));
    durable->engine().Create(NewStream("/gone"));
    durable->engine().Remove("/gone");
  }
  const auto durable = Open();
  EXPECT_EQ(durable->recovered().last, Lsn{6});
  EXPECT_EQ(durable->engine().durable(), Lsn{6});
  EXPECT_EQ(catalog_.Head()->checkpoint, Lsn{6}) << "it took a last checkpoint";
  EXPECT_EQ(ReadAll(durable->engine(), "/a"), "ab");
  EXPECT_TRUE(durable->engine().Describe("/a").closed);
  EXPECT_EQ(ReadAll(durable->engine(), "/f"), "a");
  EXPECT_EQ(durable->engine().Describe("/gone").verdict, ReadVerdict::kMissing);
}

TEST_F(DurableEngineTest, AnAnswerWaitsForItsRecordAndIsToldOfIt) {
  class RingingExecutor final : public Executor {
   public:
    void Post(Task task) override { task_.set_value(std::move(task)); }
    void PostAfter(int64_t, Task) override { FAIL() << "nothing here waits for time"; }
    void RunOne() { task_.get_future().get()(); }

   private:
    std::promise<Task> task_;
  } executor;
  const auto durable = Open();
  const std::unique_ptr<Port> port = durable->engine().Attach(executor);
  const CreateOutcome outcome = durable->engine().Create(NewStream("/a"));
  bool answered = false;
  port->WhenDurable(outcome.rests_on, [&answered] { answered = true; });
  if (!answered) executor.RunOne();
  EXPECT_TRUE(answered);
  EXPECT_GE(durable->engine().durable(), outcome.rests_on);
}

TEST_F(DurableEngineTest, RefusesALogWhoseRecordsDoNotFit) {
  {
    auto log = folder_.Open();
    ASSERT_TRUE(log);
    log->log->Stage(LogTestFolder::AppendOf("to nothing"));
    ASSERT_TRUE(log->log->Commit());
  }
  const auto opened = Try({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage);
}

}  // namespace
}  // namespace thalweg
