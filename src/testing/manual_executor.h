// An executor run by hand: tasks wait until the test runs them. Post may come from any thread.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "testing/manual_clock.h"
#include "thalweg/executor.h"

namespace thalweg {

class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(ManualClock& clock) : clock_(clock) {}

  void Post(Task task) override;
  void PostAfter(int64_t delay_ms, Task task) override;

  // Runs what is posted, and what that posts, until nothing is left; due timers too.
  // Returns how many tasks ran.
  size_t RunAll();

  // Runs the first of what is posted or due; false: nothing is.
  bool RunOne();

  // Moves the clock in steps from timer to timer, running what comes due.
  void AdvanceMs(int64_t ms);

 private:
  ManualClock& clock_;
  std::mutex mutex_;
  std::deque<Task> tasks_;               // guarded by mutex_
  std::multimap<int64_t, Task> timers_;  // guarded by mutex_; by steady deadline
};

}  // namespace thalweg
