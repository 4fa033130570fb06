#include "engine/publisher.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace thalweg
