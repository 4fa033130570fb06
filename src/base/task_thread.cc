// Crosses threads: see the header.
#include "base/task_thread.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/thread_name.h"

namespace thalweg {
namespace {

constexpr int64_t kPauseMsMax = 3'600'000;  // far from what overflows in nanoseconds

}  // namespace

TaskThread::TaskThread() : thread_([this] { Run(); }) {}

TaskThread::~TaskThread() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void TaskThread::Post(Task task) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void TaskThread::PostAfter(int64_t delay_ms, Task task) {
  {
    std::lock_guard lock(mutex_);
    delayed_.emplace(clock_.SteadyMs() + delay_ms, std::move(task));
  }
  changed_.notify_one();
}

void TaskThread::Run() {
  NameThisThread("thalweg-tasks");
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

void TaskThread::TakeDue() {
  if (delayed_.empty()) return;
  const int64_t now_ms = clock_.SteadyMs();
  while (!delayed_.empty() && delayed_.begin()->first <= now_ms) {
    tasks_.push_back(std::move(delayed_.extract(delayed_.begin()).mapped()));
  }
}

void TaskThread::WaitForWork(std::unique_lock<std::mutex>& lock) {
  if (delayed_.empty()) return changed_.wait(lock);
  const int64_t rest_ms = std::min(delayed_.begin()->first - clock_.SteadyMs(), kPauseMsMax);
  changed_.wait_for(lock, std::chrono::milliseconds(rest_ms));
}

}  // namespace thalweg
