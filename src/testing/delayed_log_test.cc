#include "testing/delayed_log.h"

#include "storage/commit_log_suite.h"

namespace thalweg {
namespace {

struct DelayedLogCase {
  static std::unique_ptr<CommitLog> Make() { return std::make_unique<DelayedLog>(); }
  static void Commit(CommitLog& log, Lsn lsn) { static_cast<DelayedLog&>(log).CommitUpTo(lsn); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(DelayedLog, CommitLogSuite, DelayedLogCase);

}  // namespace
}  // namespace thalweg
