// What one listener counts of its connections and answers, for ServerStats.
//
// Crosses threads: the loop's own thread counts; AddTo comes from any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/counter.h"
#include "base/duration_counts.h"
#include "thalweg/stats.h"

namespace thalweg {

class HttpCounts {
 public:
  // An answer begins; without a method, it refuses what is no request yet. REQUIRES: a status from
  // 200 to 599.
  void CountAnswer(std::optional<Method> method, int status) {
    answers_[RowOf(method)][static_cast<size_t>(status - kStatusMin)].Add();
  }

  // A request that was handled at `since_us` is answered at `now_us`, times of its loop.
  void CountWait(Method method, int status, int64_t since_us, int64_t now_us) {
    const bool writes =
        method == Method::kPost || method == Method::kPut || method == Method::kDelete;
    if (writes && status < 300) writes_.Add(now_us - since_us);
  }

  Counter aborted;         // answers that had begun
  Counter accepted;        // connections, with those that are refused
  Counter received_bytes;  // from sockets
  Counter sent_bytes;      // to them
  Counter request_bytes;   // what has come of requests that are not done with, now

  // Answers of the same kind become one.
  void AddTo(ServerStats& stats) const;

 private:
  static constexpr int kStatusMin = 200;
  static constexpr size_t kStatuses = 400;
  static constexpr size_t kNoMethod = static_cast<size_t>(Method::kOther) + 1;

  static size_t RowOf(std::optional<Method> method) {
    return method ? static_cast<size_t>(*method) : kNoMethod;
  }

  std::array<std::array<Counter, kStatuses>, kNoMethod + 1> answers_;
  DurationCounts writes_;
};

}  // namespace thalweg
