// Idempotent producers: is this append new, a repeat, or out of turn? (protocol 5.2.1)
//
// Pure: no clock, no I/O, no HTTP. Not thread-safe: a table lives with its stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/boxed.h"

namespace thalweg {

// How many a stream may have: it keeps them as long as its data.
inline constexpr size_t kProducersMax = 65'536;
// … with ids of so many bytes together: who reads the last bytes of a stream reads its state.
inline constexpr size_t kProducerIdsBytesMax = 4u << 20;

// What a client put on one append. `id` is borrowed for the call.
struct ProducerStamp {
  std::string_view id;
  uint64_t epoch = 0;
  uint64_t seq = 0;
  bool operator==(const ProducerStamp&) const = default;
};

enum class ProducerVerdict : uint8_t {
  kAccept,         // new: append it, then Record() it
  kDuplicate,      // appended before: answer success, append nothing
  kStaleEpoch,     // a newer epoch has fenced this producer
  kGap,            // an earlier seq has not arrived
  kBadEpochStart,  // a new epoch must start at seq 0
};

class ProducerTable {
 public:
  struct State {
    uint64_t epoch = 0;
    uint64_t seq_last = 0;
    bool operator==(const State&) const = default;
  };

  // Judges `stamp` and changes nothing. REQUIRES: stamp.id is not empty.
  ProducerVerdict Check(const ProducerStamp& stamp) const;

  // Remembers an accepted append. REQUIRES: Check(stamp) == kAccept.
  void Record(const ProducerStamp& stamp);

  // What was remembered of `id` elsewhere. REQUIRES: `id` is not empty, and nothing is remembered
  // of it here.
  void Restore(std::string id, State state);

  // The last accepted state of `id`, or null. Valid until the next Record().
  const State* Find(std::string_view id) const;

  using States = std::map<std::string, State, std::less<>>;
  const States& states() const;

  // How long all ids are together.
  uint64_t id_bytes() const { return known_ ? known_->id_bytes : 0; }

  bool operator==(const ProducerTable&) const = default;

 private:
  struct Known {
    States states;
    uint64_t id_bytes = 0;
    bool operator==(const Known&) const = default;
  };
  void Add(std::string id, State state);

  Boxed<Known> known_;  // most streams have no producers
};

}  // namespace thalweg
