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
  States& states = states_.Made();
  const auto found = states.find(stamp.id);
  if (found != states.end()) {
    found->second = state;
  } else {
    states.emplace(stamp.id, state);
  }
}

const ProducerTable::State* ProducerTable::Find(std::string_view id) const {
  const auto found = states().find(id);
  return found == states().end() ? nullptr : &found->second;
}

const ProducerTable::States& ProducerTable::states() const {
  static const States kNone;
  return states_ ? *states_ : kNone;
}

void ProducerTable::Restore(std::string id, State state) {
  THALWEG_ASSERT(!id.empty());
  const bool added = states_.Made().emplace(std::move(id), state).second;
  THALWEG_ASSERT(added);
}

}  // namespace thalweg
