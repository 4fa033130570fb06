// When requests are due. At a fixed rate they are due whether or not the server keeps up, and a
// latency counts from there; so a server that stalls is not asked less and looks no better for it.
//
// A value. Times are nanoseconds of NowNs().
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace thalweg::bench {

class Pacer {
 public:
  // `per_second` 0: a closed loop, in which a request is due as soon as it can be sent.
  Pacer(double per_second, int64_t start_ns)
      : interval_ns_(per_second > 0 ? 1e9 / per_second : 0), start_ns_(start_ns) {}

  bool closed_loop() const { return interval_ns_ == 0; }

  // When the next request is due. Of a closed loop: at any time.
  int64_t NextDue() const {
    if (closed_loop()) return std::numeric_limits<int64_t>::min();
    return start_ns_ + static_cast<int64_t>(interval_ns_ * static_cast<double>(taken_));
  }

  // Takes the next request if it is due at `now_ns`: the moment from which its latency counts.
  std::optional<int64_t> Take(int64_t now_ns) {
    const int64_t due = NextDue();
    if (due > now_ns) return std::nullopt;
    ++taken_;
    return closed_loop() ? now_ns : due;
  }

 private:
  double interval_ns_;
  int64_t start_ns_;
  uint64_t taken_ = 0;
};

}  // namespace thalweg::bench
