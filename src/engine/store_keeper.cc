// Crosses threads: see the header.
#include "engine/store_keeper.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "storage/segment_format.h"

namespace thalweg {
namespace {

constexpr int64_t kIdleMs = 25;       // how soon what has become due is noticed
constexpr int64_t kCleanMs = 100;     // the same while nothing has changed: it takes time to write
constexpr int64_t kWaitForLogMs = 1;  // a commit takes about as long
constexpr int64_t kRetryMs = 250;     // after trouble that may pass, such as a full disk, …
constexpr int64_t kRetryTimes = 3;    // … and at least so many times as long as the try took
constexpr int64_t kPauseMs = 60'000;  // after trouble that hardly passes by itself
constexpr int64_t kRestMs = 5'000;    // without a change since the last checkpoint
constexpr size_t kMergeStepBytes = 4u << 20;
// With more segments than merging leaves behind in peace, merging has fallen behind and goes on
// without pause.
constexpr size_t kSegmentsInPeace = 48;
constexpr size_t kExpireStreamsMax = 256;  // at a time
constexpr int64_t kExpireEveryMs = 1'000;
constexpr int64_t kExpiryToldEveryMs = 60'000;
// After so much replay a checkpoint is due at once: what was replayed leaves memory, and the next
// start need not do it again.
constexpr uint64_t kLongReplayBytes = 16u << 20;
constexpr int64_t kMarkEveryMs = 1'000;     // the time, where the wall clock is set again and again
constexpr int64_t kLookEveryMs = 1'000;     // for the directory, …
constexpr int64_t kLookAgainAfterMs = 250;  // … and where it is not there: that may pass

uint64_t Sixteenths(uint64_t part, uint64_t whole) { return whole == 0 ? 0 : part * 16 / whole; }

// How long after a piece of a segment: appends get the disk and the processor in between
// (docs/BENCHMARKS.md). `sixteenths` tell what changes take of their memory, or of twice the log
// that makes a checkpoint due; it begins with eight, and who writes fast finds it faster.
// None: it is in a hurry.
std::optional<int64_t> RestAfterPieceMs(uint64_t sixteenths) {
  if (sixteenths < 9) return 3;
  if (sixteenths < 10) return 1;
  if (sixteenths < 11) return 0;
  return std::nullopt;
}

}  // namespace

StoreKeeper::StoreKeeper(Engine& engine, LocalLog& log, uint64_t log_bytes, DirectoryClock& clock,
                         StoreKeeperOptions options, StoreKeeperEvents events)
    : engine_(engine),
      log_(log),
      clock_(clock),
      options_(options),
      events_(std::move(events)),
      clean_ms_(log_bytes < kLongReplayBytes ? clock.SteadyMs() : INT64_MIN / 2),
      memory_(engine,
              {.age_ms_max = options.age_ms_max, .streams_max = options.streams_in_memory_max},
              clean_ms_),
      look_at_ms_(clock.SteadyMs() + kLookEveryMs) {
  log_bytes_before_.Set(log.appended_bytes() - log_bytes);
  engine_.store().SetAfterPiece([this] { return RestAfterPiece(); });
  engine_.store().SetOnSetAside(events_.on_set_aside);
}

StoreKeeper::~StoreKeeper() {
  engine_.store().SetAfterPiece({});
  engine_.store().SetOnSetAside({});
  if (checkpoint_ != nullptr) checkpoint_->Abandon();
}

int64_t StoreKeeper::Step() {
  const int64_t now_ms = clock_.SteadyMs();
  if (engine_.failed()) return kIdleMs;
  TellIfMemoryIsFull();
  LookForDirectoryIfDue(now_ms);
  if (engine_.failed()) return kIdleMs;
  if (now_ms >= mark_at_ms_ && clock_.IsMarkStale()) MarkTime(now_ms);
  if (engine_.failed() || !TrimLogIfDue()) return kIdleMs;
  if (checkpoint_ != nullptr) return EndCheckpoint(now_ms);
  if (IsCheckpointDue(now_ms)) {
    BeginCheckpoint(now_ms);
    return checkpoint_ != nullptr ? 0 : kIdleMs;
  }
  memory_.Step(now_ms);
  // What ends takes memory until a checkpoint has it. Where that fails, the rest is for others.
  if (now_ms >= expire_at_ms_ && !IsMemoryHalfTaken() && Expire(now_ms)) return 0;
  return Merge(now_ms);
}

bool StoreKeeper::StepToEnd() {
  if (engine_.failed()) return false;
  const int64_t now_ms = clock_.SteadyMs();
  if (checkpoint_ != nullptr) {
    EndCheckpoint(now_ms);
  } else if (engine_.tail_bytes() != 0) {
    BeginCheckpoint(now_ms);
  }
  // A checkpoint that failed told why. To try it again takes as long as to write all of it.
  const bool is_given_up = checkpoint_ == nullptr && now_ms < checkpoint_at_ms_;
  const bool is_done = checkpoint_ == nullptr && engine_.tail_bytes() == 0;
  if (!is_given_up && !is_done) return true;
  if (options_.find_gone) FailWhereGone(options_.find_gone(NeededFiles()));
  if (!is_given_up && !engine_.failed()) MarkTime(now_ms);
  return false;
}

bool StoreKeeper::IsCheckpointDue(int64_t now_ms) {
  const bool was_refused = TellIfLogRefused();
  const uint64_t tail_bytes = engine_.tail_bytes();
  if (tail_bytes == 0) clean_ms_ = now_ms;
  if (tail_bytes == 0 || now_ms < checkpoint_at_ms_) return false;
  // Without room for appends it may be the log's own space that is missing.
  const bool gives_files = was_refused && UncheckpointedBytes() >= log_.file_bytes();
  const bool makes_room = (gives_files || !log_.HasRoom()) && now_ms - checkpointed_ms_ >= kRetryMs;
  return makes_room || IsMemoryHalfTaken() || UncheckpointedBytes() >= options_.log_bytes_max ||
         now_ms - clean_ms_ >= options_.age_ms_max;
}

// Asked by another thread it may meet a checkpoint: then the log may seem to be shorter than
// before.
uint64_t StoreKeeper::UncheckpointedBytes() const {
  const auto bytes = static_cast<int64_t>(log_.appended_bytes() - log_bytes_before_.value());
  return static_cast<uint64_t>(std::max<int64_t>(bytes, 0));
}

void StoreKeeper::AddTo(DiskStats& stats) const {
  stats.log_uncheckpointed_bytes = UncheckpointedBytes();
  stats.checkpoints = checkpoints_.value();
  stats.checkpoint_failures = failures_.value();
  stats.last_checkpoint_took_ms = static_cast<int64_t>(took_ms_.value());
  stats.last_checkpoint_ended_ms = static_cast<int64_t>(ended_ms_.value());
}

bool StoreKeeper::IsMemoryHalfTaken() const {
  const uint64_t tail_bytes = engine_.tail_bytes();
  return tail_bytes != 0 && tail_bytes >= options_.tail_bytes_max / 2;
}

void StoreKeeper::BeginCheckpoint(int64_t now_ms) {
  auto checkpoint = engine_.NewCheckpoint(log_);
  const uint64_t log_bytes = log_.appended_bytes();
  const auto written = checkpoint->Write();
  if (!written) return MeetCheckpointFault(written.error(), now_ms);
  if (!*written) return;
  began_ms_ = now_ms;
  log_bytes_at_begin_ = log_bytes;
  checkpoint_ = std::move(checkpoint);
}

int64_t StoreKeeper::EndCheckpoint(int64_t now_ms) {
  if (log_.durable() < checkpoint_->at()) {
    // As long as the disk is full, maybe; streams are loaded to be read all the same.
    memory_.Step(now_ms);
    if (!log_.HasRoomForBatch()) GiveUpMerge(now_ms);
    return kWaitForLogMs;
  }
  const auto report = checkpoint_->Commit();
  checkpoint_.reset();
  if (!report) {
    MeetCheckpointFault(report.error(), now_ms);
    return kIdleMs;
  }
  if (std::exchange(found_no_space_, false)) log_.LeaveSpace(false);
  checkpointed_ms_ = now_ms;
  clean_ms_ = began_ms_;
  log_bytes_before_.Set(log_bytes_at_begin_);
  memory_.OnCheckpoint(report->bytes, now_ms);
  engine_.store().catalog().ForgetCached();
  const int64_t took_ms = clock_.SteadyMs() - began_ms_;
  took_ms_.Set(static_cast<uint64_t>(took_ms));
  ended_ms_.Set(static_cast<uint64_t>(clock_.WallMs()));
  checkpoints_.Add();
  if (events_.on_checkpoint) events_.on_checkpoint(*report, took_ms);
  MarkTime(now_ms);
  if (engine_.failed()) return kIdleMs;
  log_is_trimmed_ = false;
  return TrimLogIfDue() ? 0 : kIdleMs;
}

// At a checkpoint too, however right the mark is: should the wall clock stand behind once the
// machine has started anew, time does not go back further than here.
void StoreKeeper::MarkTime(int64_t now_ms) {
  mark_at_ms_ = now_ms + kMarkEveryMs;
  const auto marked = clock_.Mark();
  if (!marked) Meet(DiskFault(marked.error()).error(), now_ms, mark_at_ms_);
}

void StoreKeeper::LookForDirectoryIfDue(int64_t now_ms) {
  if (!options_.find_gone || now_ms < look_at_ms_ || engine_.failed()) return;
  const auto found = options_.find_gone(NeededFiles());
  const bool looks_again = found && !was_gone_;
  was_gone_ = found.has_value();
  look_at_ms_ = now_ms + (looks_again ? kLookAgainAfterMs : kLookEveryMs);
  if (!looks_again) FailWhereGone(found);
  if (!found && options_.on_there) options_.on_there();
}

// Checkpoints, merges and trims, which remove files, all run on this thread.
std::vector<std::string> StoreKeeper::NeededFiles() const {
  std::vector<std::string> paths = log_.NeededFiles(engine_.store().checkpoint());
  for (const SegmentInfo& segment : engine_.store().segments()) {
    paths.push_back(SegmentFilePath(segment.number));
  }
  return paths;
}

void StoreKeeper::FailWhereGone(const std::optional<std::string>& found) {
  if (!found) return;
  engine_.Fail([&] {
    if (events_.on_gone) events_.on_gone(*found);
  });
}

// The checkpoint holds, whatever comes of this. What finds no space is tried again without one: no
// other may come, for appends may wait for the space of these files.
bool StoreKeeper::TrimLogIfDue() {
  const int64_t now_ms = clock_.SteadyMs();
  if (log_is_trimmed_ || now_ms < trim_at_ms_) return true;
  const auto trimmed = log_.Trim(engine_.store().checkpoint());
  log_is_trimmed_ = trimmed.has_value();
  if (!trimmed) Meet(DiskFault(trimmed.error()).error(), now_ms, trim_at_ms_);
  return log_is_trimmed_;
}

bool StoreKeeper::TellIfLogRefused() {
  if (!log_.TakeRefused()) return false;
  if (events_.on_long_refused) events_.on_long_refused();
  return true;
}

void StoreKeeper::TellIfMemoryIsFull() {
  if (events_.on_memory_full && engine_.TakeMemoryRefusal()) events_.on_memory_full();
}

size_t StoreKeeper::RestAfterPiece() {
  TellIfMemoryIsFull();
  LookForDirectoryIfDue(clock_.SteadyMs());
  const auto rest_ms =
      RestAfterPieceMs(std::max(Sixteenths(engine_.tail_bytes(), options_.tail_bytes_max),
                                Sixteenths(UncheckpointedBytes(), 2 * options_.log_bytes_max)));
  if (!rest_ms || IsMergingBehind()) return kPieceBytesInHurry;
  if (pause_) pause_(*rest_ms);
  return kPieceBytes;
}

bool StoreKeeper::Expire(int64_t now_ms) {
  if (clock_.TakeSetBack(kDueLateMs)) engine_.LookAtAllStored();
  const auto more = engine_.SweepStored(kExpireStreamsMax);
  // Nothing was written that could have failed, and what cannot be read comes again and again.
  if (!more && events_.on_trouble && now_ms >= expiry_told_at_ms_) {
    expiry_told_at_ms_ = now_ms + kExpiryToldEveryMs;
    events_.on_trouble(more.error());
  }
  if (more && *more) return true;
  expire_at_ms_ = now_ms + kExpireEveryMs;
  return false;
}

int64_t StoreKeeper::Merge(int64_t now_ms) {
  const int64_t idle_ms = engine_.tail_bytes() == 0 ? kCleanMs : kIdleMs;
  if (now_ms < merge_at_ms_) return std::min(merge_at_ms_ - now_ms, idle_ms);
  const bool is_at_rest = engine_.tail_bytes() == 0 && now_ms - checkpointed_ms_ >= kRestMs;
  if (!engine_.store().is_merging()) merge_began_ms_ = now_ms;
  const auto more = engine_.store().MergeStep(kMergeStepBytes, is_at_rest);
  if (!more) {
    // The same one is next, and comes as far again: a step of it tells nothing.
    Meet(more.error(), merge_began_ms_, merge_at_ms_);
    // It has filled the disk, then: others get that space before it does so again.
    merge_at_ms_ = std::max(merge_at_ms_, now_ms + kPauseMs);
  }
  if (!more || !*more) {
    // It has read the catalog from end to end.
    if (std::exchange(is_merging_, false)) engine_.store().catalog().ForgetCached();
    return idle_ms;
  }
  is_merging_ = true;
  if (IsMergingBehind()) return 0;
  const auto pause_ms = static_cast<int64_t>(engine_.store().merge_step_bytes() * 1'000 /
                                             std::max<uint64_t>(options_.merge_bytes_per_s, 1));
  merge_at_ms_ = now_ms + pause_ms;
  return std::min(pause_ms, idle_ms);
}

// The log needs space, and this may be all there is. The merge begins anew when others have had
// that for a while.
void StoreKeeper::GiveUpMerge(int64_t now_ms) {
  if (!engine_.store().is_merging()) return;
  engine_.store().AbandonMerge();
  merge_at_ms_ = now_ms + std::max(kPauseMs, kRetryTimes * (now_ms - merge_began_ms_));
}

bool StoreKeeper::IsMergingBehind() const {
  return engine_.store().segments().size() > kSegmentsInPeace;
}

// One that finds no space the next time either has it before the log: appends that
// need a file of the log then wait for its next try.
void StoreKeeper::MeetCheckpointFault(const StorageFault& fault, int64_t tried_ms) {
  failures_.Add();
  if (fault.is_shortage && std::exchange(found_no_space_, true)) log_.LeaveSpace(true);
  Meet(fault, tried_ms, checkpoint_at_ms_);
}

void StoreKeeper::Meet(const StorageFault& fault, int64_t tried_ms, int64_t& retry_at_ms) {
  if (fault.kind == StorageFault::Kind::kDisk && !fault.is_shortage) {
    engine_.Fail([&] {
      if (events_.on_failure) events_.on_failure(fault);
    });
    return;
  }
  const int64_t now_ms = clock_.SteadyMs();
  const int64_t soon_ms = std::max(kRetryMs, kRetryTimes * (now_ms - tried_ms));
  retry_at_ms = now_ms + (fault.is_shortage ? soon_ms : kPauseMs);
  // A checkpoint frees files of the log, which can be spares again. Where a spare cannot be
  // removed, the next try tells why.
  if (fault.is_shortage) static_cast<void>(log_.RemoveSpares());
  if (events_.on_trouble) events_.on_trouble(fault);
}

}  // namespace thalweg
