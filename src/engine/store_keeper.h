// Moves streams from memory into the store in time, and keeps the store in shape: decides when a
// checkpoint is due, drops what nobody uses, ends what is due and not in memory, merges at a
// bounded rate; marks the directory's time, and looks whether the directory is still there.
//
// Works in steps, called by one thread at a time (store_thread.h) while commands go on; reads no
// time but the clock's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counter.h"
#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "engine/memory_trimmer.h"
#include "engine/stream_cost.h"
#include "storage/directory_clock.h"
#include "storage/local_log.h"
#include "thalweg/stats.h"

namespace thalweg {

constexpr size_t StreamsThatFit(uint64_t bytes) { return bytes / kStreamInMemoryBytes; }

struct StoreKeeperOptions {
  // A checkpoint begins when one of these is reached: bytes in the log that it would make
  // needless, age of the oldest change, half of this memory; or the log has no room.
  uint64_t log_bytes_max = uint64_t{256} << 20;
  int64_t age_ms_max = 60'000;
  uint64_t tail_bytes_max = uint64_t{256} << 20;
  uint64_t merge_bytes_per_s = uint64_t{64} << 20;
  // Streams leave memory by that age, and where there are more than so many (memory_trimmer.h).
  size_t streams_in_memory_max = StreamsThatFit(uint64_t{256} << 20);
  // Asked every second, and at the end: what is found in the place of the directory, null while it
  // is there with these files, named by their paths in it. Where it is gone, twice in a row or at
  // the end, the engine fails, for nobody would find what it acknowledges.
  std::function<std::optional<std::string>(const std::vector<std::string>&)> find_gone{};
  std::function<void()> on_there{};  // each second at which it is there
};

// What the operator is told of. THREAD: that of Step.
struct StoreKeeperEvents {
  std::function<void(const Checkpoint::Report&, int64_t took_ms)> on_checkpoint;
  std::function<void(const StorageFault&)> on_trouble;    // nothing is lost; it is tried again
  std::function<void(const StorageFault&)> on_set_aside;  // a damaged segment, until the next start
  std::function<void(const StorageFault&)> on_failure;    // the disk: once, see Engine::Fail
  std::function<void()> on_long_refused{};  // a long append, by the log; again and again
  std::function<void()> on_memory_full{};   // of tails: appends were refused; again and again
  // With what was found in the directory's place: once, instead of on_failure.
  std::function<void(const std::string& found)> on_gone{};
};

class StoreKeeper {
 public:
  // REQUIRES: all outlive the keeper; the engine has a store, and `log` is its log; log and
  // clock are recovered. `log_bytes` is what recovery has read of the log.
  StoreKeeper(Engine& engine, LocalLog& log, uint64_t log_bytes, DirectoryClock& clock,
              StoreKeeperOptions options, StoreKeeperEvents events);
  ~StoreKeeper();

  // How the thread that steps waits, a few milliseconds, in the midst of a step: while a segment is
  // written, appends get the disk and the processor in between. Without it no step waits.
  // THREAD: that of Step.
  using Pause = std::function<void(int64_t ms)>;
  void SetPause(Pause pause) { pause_ = std::move(pause); }

  // Does what is due, not much at once; returns how many milliseconds the next call may wait.
  int64_t Step();

  // The same at the end, when no command comes any more: whatever its age, what has changed is
  // checkpointed, so that a restart has nothing to replay. False: there is nothing more to do.
  bool StepToEnd();

  // What DiskStats says of checkpoints. THREAD: any.
  void AddTo(DiskStats& stats) const;

 private:
  bool IsCheckpointDue(int64_t now_ms);
  uint64_t UncheckpointedBytes() const;
  void BeginCheckpoint(int64_t now_ms);
  int64_t EndCheckpoint(int64_t now_ms);
  bool TrimLogIfDue();  // false: it met trouble
  void MarkTime(int64_t now_ms);
  void LookForDirectoryIfDue(int64_t now_ms);
  std::vector<std::string> NeededFiles() const;
  bool TellIfLogRefused();
  void FailWhereGone(const std::optional<std::string>& found);
  bool Expire(int64_t now_ms);
  int64_t Merge(int64_t now_ms);
  void GiveUpMerge(int64_t now_ms);
  bool IsMergingBehind() const;
  bool IsMemoryHalfTaken() const;
  void TellIfMemoryIsFull();
  size_t RestAfterPiece();  // returns how long the next one may be
  void MeetCheckpointFault(const StorageFault& fault, int64_t tried_ms);
  void Meet(const StorageFault& fault, int64_t tried_ms, int64_t& retry_at_ms);

  Engine& engine_;
  LocalLog& log_;
  DirectoryClock& clock_;
  const StoreKeeperOptions options_;
  const StoreKeeperEvents events_;
  Pause pause_;

  std::unique_ptr<Checkpoint> checkpoint_;  // written, and waits for the log; null: none
  int64_t began_ms_ = 0;                    // … its writing …
  uint64_t log_bytes_at_begin_ = 0;         // … and how long the log was then
  int64_t clean_ms_;                        // when nothing was changed, last
  Counter log_bytes_before_;                // … before what is not checkpointed; may wrap
  Counter checkpoints_, failures_;          // of them …
  Counter took_ms_, ended_ms_;              // … the last that holds; ended by the wall clock
  int64_t checkpointed_ms_ = INT64_MIN / 2;
  MemoryTrimmer memory_;
  int64_t checkpoint_at_ms_ = INT64_MIN;   // not before
  int64_t trim_at_ms_ = INT64_MIN;         // not before
  int64_t mark_at_ms_ = INT64_MIN;         // not before, but at a checkpoint
  int64_t look_at_ms_;                     // for the directory; not before
  bool was_gone_ = false;                  // at the last look
  int64_t merge_at_ms_ = INT64_MIN;        // not before
  int64_t merge_began_ms_ = 0;             // the merge that the store is in
  int64_t expire_at_ms_ = INT64_MIN;       // not before
  int64_t expiry_told_at_ms_ = INT64_MIN;  // its trouble; not before
  bool log_is_trimmed_ = false;            // to the last checkpoint; a start does not know
  bool is_merging_ = false;
  bool found_no_space_ = false;  // the last checkpoint
};

}  // namespace thalweg
