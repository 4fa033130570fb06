// Appends: decide, apply and stage under one lock; what is watched is published after it.
#include <algorithm>
#include <utility>

#include "engine/engine_access.h"

namespace thalweg {
namespace {

// A retry that finds its work done is as good as the write; a refused write is none.
bool IsUse(AppendVerdict verdict) {
  return verdict == AppendVerdict::kAppended || verdict == AppendVerdict::kClosed ||
         verdict == AppendVerdict::kDuplicate || verdict == AppendVerdict::kAlreadyClosed;
}

void DescribeProducer(const StreamState& state, const ProducerStamp& stamp,
                      AppendOutcome& outcome) {
  const ProducerTable::State* known = state.producers.Find(stamp.id);
  outcome.producer_epoch = known != nullptr ? known->epoch : stamp.epoch;
  outcome.producer_seq = known != nullptr ? known->seq_last : stamp.seq;
  if (outcome.verdict == AppendVerdict::kSeqGap) {
    outcome.producer_seq_expected = known != nullptr ? known->seq_last + 1 : 0;
  }
}

void Count(const AppendRecord& record, ChangeStats& changes) {
  if (!record.data.empty()) ++changes.appends;
  changes.appended_bytes += record.data.size();
  if (record.closes) ++changes.closes;
}

AppendOutcome OutcomeOf(AppendVerdict verdict, const StreamHandle& stream,
                        const AppendCommand& command) {
  AppendOutcome outcome;
  outcome.verdict = verdict;
  if (stream == nullptr) return outcome;
  outcome.tail = stream->state.tail;
  outcome.closed = stream->state.closed;
  if (command.producer) DescribeProducer(stream->state, *command.producer, outcome);
  return outcome;
}

}  // namespace

AppendOutcome Engine::Append(std::string_view path, AppendCommand command,
                             CommitStart start) noexcept {
  AppendOutcome outcome;
  outcome.trouble = TroubleOf(command.payload);
  if (outcome.trouble != Trouble::kNone) return outcome;
  const PathKey key(path);
  LongAppend memory = MemoryFor(command.payload);
  const auto append = [&](Partition& partition, const StreamHandle& stream, Moment now,
                          Aftermath& after) {
    command.now = now;
    const AppendDecision decision = DecideAppend(StateOf(stream), command);
    if (decision.record) outcome.trouble = TroubleOfRecord(decision.record->data.size());
    if (outcome.trouble != Trouble::kNone) return;
    if (decision.record) {
      Count(*decision.record, partition.changes);
      const Lsn lsn = streams_->Stage(*decision.record, after, start);
      streams_->Append(stream, *decision.record, lsn, std::move(memory), after);
    } else if (decision.verdict == AppendVerdict::kDuplicate) {
      ++partition.changes.duplicates;
    }
    outcome = OutcomeOf(decision.verdict, stream, command);
    outcome.rests_on = streams_->RestsOn(partition, key, stream);
    if (!IsUse(decision.verdict)) return;
    outcome.rests_on = std::max(outcome.rests_on, streams_->Use(stream, now, after));
  };
  if (!WithStream(key, append)) outcome.trouble = Trouble::kUnreadable;
  return outcome;
}

}  // namespace thalweg
