// Chance from a seed: the same numbers on every machine. Not for secrets.
#pragma once

#include <cstdint>

#include "base/assert.h"

namespace thalweg {

class SimRandom {
 public:
  explicit SimRandom(uint64_t seed) : state_(seed) {}

  // SplitMix64.
  uint64_t Next() {
    uint64_t mixed = state_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
  }

  // One of [0, bound). REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound) {
    THALWEG_ASSERT(bound > 0);
    return Next() % bound;
  }

  bool Chance(uint64_t percent) { return Below(100) < percent; }

 private:
  uint64_t state_;
};

}  // namespace thalweg
