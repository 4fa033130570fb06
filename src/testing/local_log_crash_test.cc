// The commit log over a disk that stops, tears and fails: what was acknowledged is there, whole and
// in order, however often the machine goes down, during recovery too, while trimmed files are used
// again.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/directory.h"
#include "storage/local_log.h"
#include "testing/sim_disk.h"
#include "testing/sim_writer.h"

namespace thalweg {
namespace {

constexpr uint64_t kFileBytes = 4 * kLogPageBytes;

class LogLife {
 public:
  explicit LogLife(uint64_t seed) : random_(seed), disk_(random_.Next()) {
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("log"));
    disk_.SetHook([this](DiskOp op, const std::string& path) {
      if (op == DiskOp::kRename && path.ends_with(".spare")) ++used_again_;
    });
  }

  // One life: recovery, some work, and an end that may come at any operation.
  void Live() {
    if (random_.Chance(70)) disk_.StopAtNth(1 + random_.Below(40));
    if (random_.Chance(10))
      disk_.FailNth({.op = DiskOp::kSync, .path_part = {}}, 1 + random_.Below(10), {.code = EIO});
    Work();
    disk_.ClearFaults();
    disk_.Crash(random_.Chance(70) ? SimDisk::CrashKind::kPowerCut : SimDisk::CrashKind::kProcess);
  }

  // Recovers with nothing in the way and compares.
  void Check() {
    const auto log = Open();
    ASSERT_TRUE(log) << log.error().message;
  }

  // Recovers and works; where no end was planned, none comes.
  void Work() {
    const auto opened = Open();
    if (!opened) {
      EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDisk) << opened.error().message;
      return;
    }
    LocalLog& log = **opened;
    writer_.emplace();
    is_under_way_ = false;
    for (uint64_t step = random_.Below(20); step > 0; --step) {
      for (uint64_t i = random_.Below(4); i > 0; --i) Stage(log);
      if (random_.Chance(20)) (void)log.PrepareNext();
      if (random_.Chance(5) && !log.RemoveSpares()) return;
      if (random_.Chance(80) && !Commit(log)) return;
      EXPECT_LE(log.durable().value, staged_.size());
      acknowledged_ = log.durable().value;
      if (random_.Chance(50) && !Trim(log)) return;
    }
  }

  // Loses the last file with records, where it is not the only one: that is told.
  void CheckLoss() {
    const auto read = [this] {
      return ReadLog(disk_, {}, Lsn{checkpoint_},
                     [](Lsn, const Record&) { return StorageResult<void>(); });
    };
    const auto content = read();
    ASSERT_TRUE(content) << content.error().message;
    if (content->files.size() < 2 || content->last < content->files.back().first) return;
    ASSERT_TRUE(Directory(disk_, "log").Remove(LogFileName(content->files.back().number)));
    const auto lost = read();
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind, StorageFault::Kind::kDamage);
    ++losses_;
  }

  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t losses() const { return losses_; }
  uint64_t begun_as_loop() const { return begun_as_loop_; }
  uint64_t used_again() const { return used_again_; }
  uint64_t trace() const { return disk_.TraceHash(); }

 private:
  std::expected<std::unique_ptr<LocalLog>, StorageFault> Open() {
    std::vector<std::string> found;
    LocalLogOptions options{.file_bytes = kFileBytes,
                            .spares_max = static_cast<size_t>(random_.Below(5)),
                            .salt_seed = random_.Next()};
    auto log = std::make_unique<LocalLog>(disk_, options);
    found.resize(checkpoint_);
    std::copy_n(staged_.begin(), checkpoint_, found.begin());
    const auto recovered = log->Recover(Lsn{checkpoint_}, [&](Lsn lsn, const Record& record) {
      EXPECT_EQ(lsn.value, found.size() + 1);
      found.emplace_back(std::get<AppendRecord>(record).data);
      return StorageResult<void>();
    });
    if (!recovered) return std::unexpected(recovered.error());
    EXPECT_GE(found.size(), acknowledged_) << "an acknowledged record is gone";
    EXPECT_LE(found.size(), staged_.size()) << "a record was never staged";
    for (size_t i = 0; i < std::min(found.size(), staged_.size()); ++i) {
      EXPECT_EQ(found[i], staged_[i]) << "record " << i + 1;
    }
    // What recovery shows is acknowledged by that: it may not vanish later.
    staged_.resize(std::min(found.size(), staged_.size()));
    acknowledged_ = found.size();
    return log;
  }

  // As the log's thread does or as a loop, which may be amid a write for steps.
  bool Commit(LocalLog& log) {
    if (is_under_way_ && random_.Chance(30)) {
      log.CommitNow();  // the thread ends it
      is_under_way_ = false;
    } else if (std::exchange(is_under_way_, false)) {
      static_cast<void>(log.EndCommit(*writer_, true));
    } else if (random_.Chance(50)) {
      is_under_way_ = log.BeginCommit(*writer_);
      begun_as_loop_ += is_under_way_ ? 1 : 0;
      if (is_under_way_) return true;
    }
    return !log.failed() && log.Commit();
  }

  // As behind a checkpoint of what is durable.
  bool Trim(LocalLog& log) {
    const uint64_t behind = acknowledged_ - checkpoint_;
    checkpoint_ += random_.Chance(50) ? behind : random_.Below(behind + 1);
    return log.Trim(Lsn{checkpoint_}).has_value();
  }

  void Stage(LocalLog& log) {
    AppendRecord record;
    const size_t bytes = random_.Chance(10) ? random_.Below(3 * kFileBytes) : random_.Below(900);
    staged_.push_back(std::to_string(staged_.size()) + std::string(bytes, 'a' + bytes % 26));
    record.id = {1};
    record.data = staged_.back();
    EXPECT_EQ(log.Stage(record).value, staged_.size());
  }

  SimRandom random_;
  SimDisk disk_;
  std::vector<std::string> staged_;  // since the beginning, without what a crash took
  uint64_t acknowledged_ = 0;
  uint64_t checkpoint_ = 0;
  std::optional<SimWriter> writer_;  // of the log that is open
  bool is_under_way_ = false;
  uint64_t begun_as_loop_ = 0;  // commits
  uint64_t used_again_ = 0;     // files
  uint64_t losses_ = 0;
};

struct Sum {
  uint64_t acknowledged = 0;
  uint64_t begun_as_loop = 0;  // commits
  uint64_t reusing = 0;        // seeds
  uint64_t losses = 0;
};

uint64_t RunSeed(uint64_t seed, Sum& sum) {
  LogLife life(seed);
  for (int i = 0; i < 6; ++i) life.Live();
  life.Check();
  life.Work();
  life.CheckLoss();
  sum.acknowledged += life.acknowledged();
  sum.begun_as_loop += life.begun_as_loop();
  sum.losses += life.losses();
  sum.reusing += life.used_again() > 0 ? 1 : 0;
  return life.trace();
}

TEST(LocalLogCrash, KeepsWhatItAcknowledgedOverAnyCrash) {
  Sum sum;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    RunSeed(seed, sum);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
  EXPECT_GT(sum.acknowledged, 20'000u) << "the seeds hardly do anything";
  EXPECT_GT(sum.begun_as_loop, 5'000u) << "loops hardly commit";
  EXPECT_GT(sum.losses, 500u) << "a last file is hardly lost";
  EXPECT_GT(sum.reusing, 1'500u) << "trimmed files are hardly used again";
}

TEST(LocalLogCrash, TheSameSeedDoesTheSame) {
  Sum sum;
  EXPECT_EQ(RunSeed(7, sum), RunSeed(7, sum));
}

}  // namespace
}  // namespace thalweg
