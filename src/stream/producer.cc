#include "stream/producer.h"

#include "base/assert.h"

namespace thalweg {

ProducerVerdict ProducerTable::Check(const ProducerStamp& stamp) const {
  THALWEG_ASSERT(!stamp.id.empty());  // the decoder answers 400 before we get here
  const State* state = Find(stamp.id);
  if (state == nullptr) return stamp.seq == 0 ? ProducerVerdict::kAccept : ProducerVerdict::kGap;
  if (stamp.epoch < state->epoch) return ProducerVerdict::kStaleEpoch;
  if (stamp.epoch > state->epoch) {
    return stamp.seq == 0 ? ProducerVerdict::kAccept : ProducerVerdict::kBadEpochStart;
  }
  if (stamp.seq <= state->seq_last) return ProducerVerdict::kDuplicate;
  return stamp.seq == state->seq_last + 1 ? ProducerVerdict::kAccept : ProducerVerdict::kGap;
}

void ProducerTable::Record(const ProducerStamp& stamp) {
  THALWEG_ASSERT(Check(stamp) == ProducerVerdict::kAccept);
  const State state{stamp.epoch, stamp.seq};
  States& states = known_.Made().states;
  const auto found = states.find(stamp.id);
  if (found == states.end()) return Add(std::string(stamp.id), state);
  found->second = state;
}

const ProducerTable::State* ProducerTable::Find(std::string_view id) const {
  const auto found = states().find(id);
  return found == states().end() ? nullptr : &found->second;
}

const ProducerTable::States& ProducerTable::states() const {
  static const States kNone;
  return known_ ? known_->states : kNone;
}

void ProducerTable::Restore(std::string id, State state) {
  THALWEG_ASSERT(!id.empty());
  Add(std::move(id), state);
}

void ProducerTable::Add(std::string id, State state) {
  Known& known = known_.Made();
  known.id_bytes += id.size();
  const bool added = known.states.emplace(std::move(id), state).second;
  THALWEG_ASSERT(added);
}

}  // namespace thalweg
