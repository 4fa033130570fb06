// Crosses threads: see the header.
#include "base/callback_queue.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace thalweg {

class CallbackQueue::State : public std::enable_shared_from_this<State> {
 public:
  explicit State(Executor& executor) : executor_(executor) {}

  void Push(Callback callback, bool ok) {
    {
      std::lock_guard lock(mutex_);
      if (open_) {
        waiting_.push_back({std::move(callback), ok});
        return Ring();
      }
    }
    callback(ok);
  }

  void WaitForRunning() {
    std::unique_lock lock(mutex_);
    WaitForRunning(lock);
  }

  void Close() {
    std::unique_lock lock(mutex_);
    open_ = false;
    WaitForRunning(lock);
    while (!waiting_.empty()) RunFirst(lock);
  }

 private:
  struct Waiting {
    Callback callback;
    bool ok;
  };

  // REQUIRES: mutex_ is held, so that no post comes after Close.
  void Ring() {
    if (std::exchange(rung_, true)) return;
    executor_.Post([self = shared_from_this()] { self->Deliver(); });
  }

  // Not more than there were at the beginning: others want the executor, too.
  void Deliver() {
    std::unique_lock lock(mutex_);
    rung_ = false;
    running_on_ = std::this_thread::get_id();
    for (size_t left = waiting_.size(); left > 0 && open_; --left) RunFirst(lock);
    running_on_ = std::thread::id();
    if (open_ && !waiting_.empty()) Ring();
    idle_.notify_all();
  }

  void WaitForRunning(std::unique_lock<std::mutex>& lock) {
    if (running_on_ == std::this_thread::get_id()) return;
    idle_.wait(lock, [this] { return running_on_ == std::thread::id(); });
  }

  // A callback that throws ends the process here: what caught it might go on without the others.
  void RunFirst(std::unique_lock<std::mutex>& lock) noexcept {
    Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    first.callback(first.ok);
    first.callback = nullptr;  // what it holds is let go outside the lock
    lock.lock();
  }

  Executor& executor_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable idle_;
  std::deque<Waiting> waiting_;
  std::thread::id running_on_;  // of Deliver; nobody's: it is not running
  bool rung_ = false;
  bool open_ = true;
};

CallbackQueue::CallbackQueue(Executor& executor) : state_(std::make_shared<State>(executor)) {}

CallbackQueue::~CallbackQueue() { Close(); }

void CallbackQueue::WaitForRunning() { state_->WaitForRunning(); }

void CallbackQueue::Push(Callback callback, bool ok) { state_->Push(std::move(callback), ok); }

void CallbackQueue::Close() { state_->Close(); }

}  // namespace thalweg
