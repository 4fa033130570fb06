// Counts how long something takes, each time.
//
// Crosses threads: as Counter.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/counter.h"
#include "thalweg/stats.h"

namespace thalweg {

class DurationCounts {
 public:
  void Add(int64_t us) {
    const auto& bounds = Durations::kUpToUs;
    // Most are in the first ones.
    const auto bucket =
        std::ranges::find_if(bounds, [us](int64_t up_to_us) { return us <= up_to_us; }) -
        bounds.begin();
    counts_[static_cast<size_t>(bucket)].Add();
    sum_us_.Add(static_cast<uint64_t>(std::max<int64_t>(us, 0)));
  }

  // THREAD: any.
  void AddTo(Durations& sum) const {
    for (size_t i = 0; i < counts_.size(); ++i) sum.counts[i] += counts_[i].value();
    sum.sum_us += sum_us_.value();
  }
  Durations value() const {
    Durations durations;
    AddTo(durations);
    return durations;
  }

 private:
  std::array<Counter, Durations::kUpToUs.size() + 1> counts_;
  Counter sum_us_;
};

}  // namespace thalweg
