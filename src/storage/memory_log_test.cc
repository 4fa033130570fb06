#include "storage/memory_log.h"

#include "storage/commit_log_suite.h"

namespace thalweg {
namespace {

struct MemoryLogCase {
  static std::unique_ptr<CommitLog> Make() { return std::make_unique<MemoryLog>(); }
  static void Commit(CommitLog&, Lsn) {}
};

INSTANTIATE_TYPED_TEST_SUITE_P(MemoryLog, CommitLogSuite, MemoryLogCase);

TEST(MemoryLog, IsDurableAtOnce) {
  MemoryLog log;
  const Lsn lsn = log.Stage(TouchRecord{.id = StreamId{1}, .at = {}});
  EXPECT_EQ(log.durable(), lsn);
}

}  // namespace
}  // namespace thalweg
