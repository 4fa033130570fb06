#include "engine/publisher.h"

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <thread>

#include "engine/engine.h"
#include "storage/memory_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

// Gets on by one with each look, so that it passes between two looks of one call.
class RestlessLog final : public CommitLog {
 public:
  void Attach(CommitListener*) override {}
  Lsn Stage(const Record&) noexcept override { return {}; }
  Lsn durable() const override { return Lsn{looks_++}; }

 private:
  mutable uint64_t looks_ = 0;
};

TEST(Publisher, TellsOfAChangeThatBecameDurableWhileItWasQueued) {
  ManualClock clock;
  ManualExecutor executor(clock);
  Engine engine(clock, std::make_unique<MemoryLog>(), EngineOptions{.partitions = 1});
  engine.Create(NewStream("/a"));
  const StreamHandle stream = engine.Describe("/a").stream;
  CountingWatcher watcher;
  const std::unique_ptr<Port> port = engine.Attach(executor);
  port->Watch(stream, &watcher);

  RestlessLog log;
  Publisher publisher(log);
  publisher.Publish(Lsn{1}, stream);
  executor.RunAll();
  EXPECT_EQ(watcher.count, 1);
  publisher.Publish(Lsn{100}, stream);
  executor.RunAll();
  EXPECT_EQ(watcher.count, 1) << "not durable yet";
  publisher.OnDurable(Lsn{100});
  executor.RunAll();
  EXPECT_EQ(watcher.count, 2);
}

class FailureCounter final : public DurabilityListener {
 public:
  void OnDurable(Lsn) override {}
  void OnFailure() override { ++count; }

  int count = 0;
};

// So that a process that ends with its last refusal has said why.
TEST(Publisher, WhoTellsOfAFailureIsAskedBeforeAnybodyIsRefused) {
  RestlessLog log;
  Publisher publisher(log);
  const auto refused = std::make_shared<FailureCounter>();
  publisher.AddListener(refused);
  int told = 0;
  const auto tell = [&] {
    ++told;
    EXPECT_FALSE(publisher.failed());
    EXPECT_EQ(refused->count, 0);
  };
  publisher.Fail(tell);
  EXPECT_TRUE(publisher.failed());
  EXPECT_EQ(refused->count, 1);
  publisher.Fail(tell);  // again
  EXPECT_EQ(told, 1);
  EXPECT_EQ(refused->count, 1);
}

TEST(Publisher, WhoFailsSecondFindsItFailed) {
  for (int round = 0; round < 100; ++round) {
    RestlessLog log;
    Publisher publisher(log);
    std::latch begins(2);
    std::jthread second([&] {
      begins.arrive_and_wait();
      publisher.Fail([] { ADD_FAILURE() << "it is told"; });
      EXPECT_TRUE(publisher.failed());
    });
    publisher.Fail([&] {
      begins.arrive_and_wait();
      std::this_thread::yield();
    });
  }
}

}  // namespace
}  // namespace thalweg
