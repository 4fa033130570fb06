#include "stream/decide.h"

#include "base/assert.h"

namespace thalweg {
namespace {

AppendDecision Refuse(AppendVerdict verdict) { return {verdict, std::nullopt}; }

bool IsClosingStamp(const StreamState& state, const std::optional<ProducerStamp>& producer) {
  if (!state.closed_by || !producer) return false;
  return state.closed_by->producer_id == producer->id &&
         state.closed_by->epoch == producer->epoch && state.closed_by->seq == producer->seq;
}

// A close may be repeated: by anyone without data, with data only by the producer that closed.
AppendVerdict JudgeOnClosed(const StreamState& state, const AppendCommand& command) {
  if (IsClosingStamp(state, command.producer)) return AppendVerdict::kAlreadyClosed;
  const bool close_only = command.close && !command.payload.is_sent();
  return close_only && !command.producer ? AppendVerdict::kAlreadyClosed
                                         : AppendVerdict::kStreamClosed;
}

AppendVerdict JudgeContentType(const StreamState& state, const AppendCommand& command) {
  if (!command.content_type || !HasMediaType(*command.content_type)) {
    return AppendVerdict::kContentTypeMissing;
  }
  const bool same = SameMediaType(*command.content_type, state.config->content_type) &&
                    command.payload.is_json == (state.config->kind == ContentKind::kJson);
  return same ? AppendVerdict::kAppended : AppendVerdict::kContentTypeMismatch;
}

// Decided here and not by the table: what the log holds was accepted once.
bool HasRoomFor(const ProducerTable& producers, std::string_view id) {
  const bool is_new_welcome = producers.states().size() < kProducersMax &&
                              producers.id_bytes() + id.size() <= kProducerIdsBytesMax;
  return is_new_welcome || producers.Find(id) != nullptr;
}

AppendVerdict JudgeProducer(const StreamState& state, const std::optional<ProducerStamp>& stamp) {
  if (!stamp) return AppendVerdict::kAppended;
  switch (state.producers.Check(*stamp)) {
    case ProducerVerdict::kAccept:
      return HasRoomFor(state.producers, stamp->id) ? AppendVerdict::kAppended
                                                    : AppendVerdict::kTooManyProducers;
    case ProducerVerdict::kDuplicate: return AppendVerdict::kDuplicate;
    case ProducerVerdict::kStaleEpoch: return AppendVerdict::kStaleEpoch;
    case ProducerVerdict::kGap: return AppendVerdict::kSeqGap;
    case ProducerVerdict::kBadEpochStart: return AppendVerdict::kBadEpochStart;
  }
  THALWEG_ASSERT(false);
}

AppendVerdict JudgeBody(const Payload& payload) {
  switch (payload.fault) {
    case Payload::Fault::kNone: return AppendVerdict::kAppended;
    case Payload::Fault::kBadJson: return AppendVerdict::kBadJson;
    case Payload::Fault::kEmptyArray: return AppendVerdict::kEmptyArray;
  }
  THALWEG_ASSERT(false);
}

// An append with data to an open stream; kAppended where nothing speaks against it.
AppendVerdict JudgeData(const StreamState& state, const AppendCommand& command) {
  const AppendVerdict type = JudgeContentType(state, command);
  if (type != AppendVerdict::kAppended) return type;
  const AppendVerdict producer = JudgeProducer(state, command.producer);
  if (producer != AppendVerdict::kAppended) return producer;
  // std::string compares bytes as unsigned, as the protocol asks.
  if (command.stream_seq && state.seq_last && *command.stream_seq <= *state.seq_last) {
    return AppendVerdict::kStreamSeqRegressed;
  }
  return JudgeBody(command.payload);
}

}  // namespace

AppendDecision DecideAppend(const StreamState* state, const AppendCommand& command) {
  if (state == nullptr) return Refuse(AppendVerdict::kMissing);
  if (state->soft_deleted) return Refuse(AppendVerdict::kSoftDeleted);
  const bool has_body = command.payload.is_sent();
  if (!has_body && !command.close) return Refuse(AppendVerdict::kEmptyBody);
  if (state->closed) return Refuse(JudgeOnClosed(*state, command));
  const AppendVerdict verdict =
      has_body ? JudgeData(*state, command) : JudgeProducer(*state, command.producer);
  if (verdict != AppendVerdict::kAppended) return Refuse(verdict);

  AppendRecord record;
  record.id = state->id;
  record.data = command.payload.wire;
  record.producer = command.producer;
  if (has_body) record.stream_seq = command.stream_seq;
  record.closes = command.close;
  record.at = command.now;
  return {has_body ? AppendVerdict::kAppended : AppendVerdict::kClosed, record};
}

RemoveDecision DecideRemove(const StreamState* state, RemoveCause cause, Moment now) {
  if (state == nullptr) return {RemoveVerdict::kMissing, std::nullopt};
  if (state->soft_deleted) return {RemoveVerdict::kSoftDeleted, std::nullopt};
  return {RemoveVerdict::kRemoved, RemoveRecord{state->id, cause, now}};
}

}  // namespace thalweg
