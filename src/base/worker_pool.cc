// Crosses threads: see the header.
#include "base/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "base/thread_name.h"

namespace thalweg {
namespace {

constexpr int64_t kPauseMsMax = 3'600'000;  // far from what overflows in nanoseconds

}  // namespace

// What is made first is destroyed, too, where the system gives no more threads: those that are
// there end before the exception goes on.
WorkerPool::WorkerPool(const char* name, size_t threads) : WorkerPool() {
  THALWEG_ASSERT(threads > 0);
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, name] {
      NameThisThread(name);
      Work();
    });
  }
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Post(Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

// All who are idle wait for what is due first: one of them may be busy by then.
void WorkerPool::PostAfter(int64_t delay_ms, Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    delayed_.emplace(clock_.SteadyMs() + delay_ms, std::move(task));
  }
  changed_.notify_all();
}

void WorkerPool::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  const auto never_due = std::exchange(delayed_, {});  // what they hold is let go now
}

void WorkerPool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    TakeDue();
    if (tasks_.empty() && stopping_) return;
    if (tasks_.empty()) {
      WaitForWork(lock);
      continue;
    }
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is let go outside the lock
    lock.lock();
  }
}

void WorkerPool::TakeDue() {
  if (delayed_.empty()) return;
  const int64_t now_ms = clock_.SteadyMs();
  while (!delayed_.empty() && delayed_.begin()->first <= now_ms) {
    tasks_.push_back(std::move(delayed_.extract(delayed_.begin()).mapped()));
  }
}

void WorkerPool::WaitForWork(std::unique_lock<std::mutex>& lock) {
  if (delayed_.empty()) return changed_.wait(lock);
  const int64_t rest_ms = std::min(delayed_.begin()->first - clock_.SteadyMs(), kPauseMsMax);
  changed_.wait_for(lock, std::chrono::milliseconds(rest_ms));
}

}  // namespace thalweg
