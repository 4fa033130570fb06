// Crosses threads: see the header.
#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "engine/checkpoint.h"
#include "engine/engine_access.h"
#include "engine/engine_replay.h"
#include "engine/eviction.h"
#include "engine/expected_streams.h"
#include "engine/publisher.h"
#include "engine/stored_expiry.h"
#include "engine/stream_table.h"
#include "storage/memory_log.h"

namespace thalweg {

Engine::Engine(const Clock& clock, std::unique_ptr<CommitLog> log, EngineOptions options)
    : Engine(clock, std::move(log), options, EngineStore{}) {}

Engine::Engine(const Clock& clock, std::unique_ptr<CommitLog> log, EngineOptions options,
               EngineStore store)
    : life_(options.life),
      log_(std::move(log)),
      publisher_(std::make_unique<Publisher>(*log_)),
      store_(std::move(store)),
      streams_(std::make_unique<StreamTable>(clock, *log_, *publisher_, options.partitions,
                                             store_.streams.get(), store_.tail_bytes_max)),
      loader_(std::make_unique<StreamLoader>(*streams_)),
      stored_expiry_(std::make_unique<StoredExpiry>(*streams_, *loader_)) {
  if (store_.streams != nullptr) last_id_ = store_.streams->last_id().value;
  log_->Attach(publisher_.get());
}

Engine::~Engine() { log_->Attach(nullptr); }

EngineReplay& Engine::replay() {
  if (replay_ == nullptr) {
    replay_ = std::make_unique<EngineReplay>(
        *streams_, *loader_, [this](const StorageFault& fault) { TellUnreadable(fault); });
  }
  return *replay_;
}

StorageResult<void> Engine::LeaveOutUnreadable() { return replay().LeaveOutUnreadable(); }

StorageResult<void> Engine::Replay(Lsn lsn, const Record& record) {
  return replay().Take(lsn, record);
}

void Engine::EndReplay() {
  if (replay_ == nullptr) return;
  last_id_ = std::max(last_id_.load(), replay_->last_id().value);
  replay_.reset();
  // What was replayed is durable, though the log did not say so yet.
  for (const auto& partition : streams_->partitions()) partition->removals = {};
}

void Engine::StartCommit() { log_->StartCommit(); }

void Engine::CommitNow() { log_->CommitNow(); }

std::unique_ptr<CommitStarter> Engine::CommitStarterOn(Executor& executor) {
  return log_->StarterOn(executor);
}

void Engine::Fail(const std::function<void()>& tell) { publisher_->Fail(tell); }

bool Engine::failed() const { return publisher_->failed(); }

void Engine::AddListener(std::shared_ptr<DurabilityListener> listener) {
  publisher_->AddListener(std::move(listener));
}

bool Engine::FindMayWait(std::string_view path) {
  if (store_.disk_workers == nullptr || !store_.streams->finds_wait()) return false;
  return !streams_->Has(PathKey(path));
}

void Engine::Expect(std::span<const std::string_view> paths) { ExpectStreams(*streams_, paths); }

RemoveOutcome Engine::Remove(std::string_view path, CommitStart start) noexcept {
  RemoveOutcome outcome;
  if (failed()) {
    outcome.trouble = Trouble::kFailed;
    return outcome;
  }
  const PathKey key(path);
  const auto remove = [&](Partition& partition, const StreamHandle& stream, Moment now,
                          Aftermath& after) {
    const RemoveDecision decision = DecideRemove(StateOf(stream), RemoveCause::kDelete, now);
    if (decision.record) outcome.trouble = TroubleOfRecord(0);
    if (outcome.trouble != Trouble::kNone) return;
    if (decision.record) {
      const Lsn lsn = streams_->Stage(*decision.record, after, start);
      streams_->Remove(stream, *decision.record, lsn, after);
      ++partition.changes.deletes;
    }
    outcome.verdict = decision.verdict;
    outcome.rests_on = streams_->RestsOn(partition, key, stream);
  };
  if (!WithStream(key, remove)) outcome.trouble = Trouble::kUnreadable;
  return outcome;
}

void Engine::TellUnreadable(const StorageFault& fault) {
  unreadable_.fetch_add(1, std::memory_order_relaxed);
  if (store_.on_unreadable) store_.on_unreadable(fault);
}

void Engine::TellUnreadable(std::string_view path, const StorageFault& fault) {
  StorageFault told = fault;
  told.message = "stream " + std::string(path) + ": " + fault.message;
  TellUnreadable(told);
}

void Engine::TellUnreadable(const StreamHandle& stream) {
  // The path never changes.
  TellUnreadable(stream->state.path,
                 DamageFault("what is stored of it could not be read from its file. Look at the "
                             "disk; thalweg verify says what is damaged")
                     .error());
}

// What stands against a write, whatever the rules say; asked before its bytes are copied.
Trouble Engine::TroubleOf(const Payload& payload) const {
  if (failed()) return Trouble::kFailed;
  return payload.wire.size() > kCommandBytesMax ? Trouble::kTooLong : Trouble::kNone;
}

// What stands against a record that the rules accept and that brings so many bytes. Without any it
// has room for longer: streams can be closed and deleted on a full disk.
Trouble Engine::TroubleOfRecord(size_t bytes) {
  if (!log_->HasRoomForBatch()) return Trouble::kDiskFull;
  if (bytes == 0) return Trouble::kNone;
  if (!log_->HasRoomFor(bytes)) return Trouble::kDiskFull;
  if (!streams_->IsMemoryFull()) return Trouble::kNone;
  memory_refusal_.store(true, std::memory_order_relaxed);
  return Trouble::kMemoryFull;
}

std::unique_ptr<Checkpoint> Engine::NewCheckpoint(LocalLog& log) {
  return std::make_unique<Checkpoint>(*streams_, log, last_id_);
}

size_t Engine::EvictUnused() { return thalweg::EvictUnused(*streams_); }

size_t Engine::WeightInMemory() const { return thalweg::WeightInMemory(*streams_); }
size_t Engine::EvictSome(size_t count) { return thalweg::EvictSome(*streams_, count); }

uint64_t Engine::tail_bytes() const { return streams_->tail_bytes(); }

StreamInfo Engine::Info(const StreamHandle& stream) {
  return {.id = stream->state.id, .config = *stream->state.config};
}

std::unique_ptr<Port> Engine::Attach(Executor& executor) {
  return std::make_unique<Port>(*this, executor);
}

bool Engine::SweepExpired(size_t limit) { return streams_->Sweep(limit); }

std::optional<int64_t> Engine::NextExpiryInMs() { return streams_->NextExpiryInMs(); }

StorageResult<bool> Engine::SweepStored(size_t limit) { return stored_expiry_->Step(limit); }
void Engine::LookAtAllStored() { stored_expiry_->LookAtAll(); }

size_t Engine::stream_count() const { return streams_->size(); }

StoreStats Engine::Stats() const {
  StoreStats stats = streams_->Stats();
  stats.unreadable = unreadable_.load(std::memory_order_relaxed);
  stats.failed = failed();
  return stats;
}

EnginePtr OpenMemoryEngine(const Clock& clock, EngineOptions options) {
  return std::make_unique<Engine>(clock, std::make_unique<MemoryLog>(), options);
}

}  // namespace thalweg
