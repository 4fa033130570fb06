// Crosses threads: see the header.
#include "engine/engine.h"

#include <mutex>
#include <utility>

#include "engine/engine_replay.h"
#include "engine/publisher.h"
#include "engine/stream_table.h"
#include "storage/memory_log.h"

namespace thalweg {

Engine::Engine(const Clock& clock, std::unique_ptr<CommitLog> log, EngineOptions options)
    : log_(std::move(log)),
      publisher_(std::make_unique<Publisher>(*log_)),
      streams_(std::make_unique<StreamTable>(clock, *log_, *publisher_, options.partitions)) {
  log_->Attach(this);
}

Engine::~Engine() { log_->Attach(nullptr); }

StorageResult<void> Engine::Replay(Lsn lsn, const Record& record) {
  if (replay_ == nullptr) replay_ = std::make_unique<EngineReplay>(*streams_);
  return replay_->Take(lsn, record);
}

void Engine::EndReplay() {
  if (replay_ == nullptr) return;
  last_id_ = replay_->last_id().value;
  replay_.reset();
}

void Engine::OnDurable(Lsn durable) { publisher_->OnDurable(durable); }

RemoveOutcome Engine::Remove(std::string_view path) {
  const Moment now = streams_->Now();
  const PathKey key(path);
  Partition& partition = streams_->PartitionOf(key);
  Aftermath after;
  RemoveOutcome outcome;
  {
    std::lock_guard lock(partition.mutex);
    const StreamHandle stream = streams_->Find(partition, key, now, after);
    const RemoveDecision decision = DecideRemove(StateOf(stream), RemoveCause::kDelete, now);
    if (decision.record) {
      streams_->Remove(stream, *decision.record, log_->Stage(*decision.record), after);
    }
    outcome = {.verdict = decision.verdict, .rests_on = RestsOn(partition, stream)};
  }
  streams_->Finish(after);
  return outcome;
}

const StreamInfo& Engine::Info(const StreamHandle& stream) { return stream->info; }

std::unique_ptr<Port> Engine::Attach(Executor& executor) {
  return std::make_unique<Port>(*this, executor);
}

bool Engine::SweepExpired(size_t limit) { return streams_->Sweep(limit); }

size_t Engine::stream_count() const { return streams_->size(); }

void EngineDeleter::operator()(Engine* engine) const { std::default_delete<Engine>()(engine); }

EnginePtr OpenMemoryEngine(const Clock& clock, EngineOptions options) {
  return EnginePtr(
      std::make_unique<Engine>(clock, std::make_unique<MemoryLog>(), options).release());
}

}  // namespace thalweg
