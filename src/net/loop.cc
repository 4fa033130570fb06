// Crosses threads: the list of posted tasks, the wake-up descriptor, and what counts turns.
#include "net/loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/owned_fd.h"
#include "base/system_clock.h"

namespace thalweg {

namespace {

constexpr int kEventsPerTurn = 256;
constexpr int64_t kTimerResolutionMs = 5;

// sendfile has no MSG_NOSIGNAL, so a loop's thread takes no SIGPIPE at all.
void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

class Loop::Impl {
 public:
  explicit Impl(const Clock* clock = nullptr);

  void Post(Task task);
  void PostAfter(int64_t delay_ms, Task task);
  void Run();
  void Stop();
  bool AddEvent(int event_fd, Task on_event);
  void RemoveEvent(int event_fd);
  bool Control(int operation, int fd, uint32_t epoll_events, IoHandler* handler) const;
  void Forget(const IoHandler* handler);

  TimerWheel& timers() { return timers_; }
  const Clock& clock() const { return clock_; }
  int64_t now_ms() const { return now_ms_; }
  int64_t now_us() const { return now_us_; }
  const DurationCounts& turns() const { return turns_; }
  bool has_descriptors() const { return epoll_fd_.valid() && wake_fd_.valid(); }
  std::vector<TurnEndHandler*>& turn_end_handlers() { return turn_end_handlers_; }

 private:
  // A task that waits for its time.
  class DelayedTask final : public Timer {
   public:
    DelayedTask(std::list<DelayedTask>& home, Task task) : home_(home), task_(std::move(task)) {}
    void set_self(std::list<DelayedTask>::iterator self) { self_ = self; }

    void OnTimer() override {
      Task task = std::move(task_);
      home_.erase(self_);  // this is gone
      task();
    }

   private:
    std::list<DelayedTask>& home_;
    std::list<DelayedTask>::iterator self_;
    Task task_;
  };

  class EventHandler final : public IoHandler {
   public:
    explicit EventHandler(Task on_event) : on_event_(std::move(on_event)) {}
    void OnIo(uint32_t) override { on_event_(); }

   private:
    Task on_event_;
  };

  void Turn();
  int TimeoutMs() const;
  void DispatchEvents(int count);
  void RunTasks();
  void Wake();

  const SystemClock system_clock_;
  const Clock& clock_;
  const OwnedFd epoll_fd_;
  const OwnedFd wake_fd_;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::thread::id> own_thread_;  // while it runs

  std::mutex mutex_;
  std::vector<Task> posted_;   // guarded by mutex_
  bool wake_written_ = false;  // guarded by mutex_: one wake-up serves many posts

  // Own thread only.
  int64_t now_us_;
  int64_t now_ms_ = now_us_ / 1000;
  int64_t ended_us_ = now_us_;  // the last turn
  TimerWheel timers_;
  std::list<DelayedTask> delayed_;
  std::vector<Task> running_;
  std::vector<TurnEndHandler*> turn_end_handlers_;
  std::unordered_map<int, EventHandler> event_handlers_;
  epoll_event events_[kEventsPerTurn];
  int event_count_ = 0;
  bool turn_again_ = false;
  bool tasks_are_due_ = false;  // this turn comes to them yet

  DurationCounts turns_;  // which any thread may read
};

Loop::Impl::Impl(const Clock* clock)
    : clock_(clock != nullptr ? *clock : system_clock_),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      now_us_(clock_.SteadyUs()),
      timers_(kTimerResolutionMs, now_ms_) {
  if (!has_descriptors()) return;
  THALWEG_ASSERT(Control(EPOLL_CTL_ADD, wake_fd_.get(), EPOLLIN, nullptr));
}

// Who posts on the loop's own thread need not wake it.
void Loop::Impl::Post(Task task) {
  const bool is_own = own_thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  if (is_own && !tasks_are_due_) turn_again_ = true;
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(task));
  if (is_own || wake_written_) return;
  wake_written_ = true;
  Wake();
}

void Loop::Impl::PostAfter(int64_t delay_ms, Task task) {
  delayed_.emplace_front(delayed_, std::move(task));
  delayed_.front().set_self(delayed_.begin());
  // The time of this turn may be old by now: a delay counts from the call.
  timers_.Schedule(delayed_.front(), clock_.SteadyMs() + delay_ms);
}

bool Loop::Impl::AddEvent(int event_fd, Task on_event) {
  const auto added = event_handlers_.try_emplace(event_fd, std::move(on_event)).first;
  if (Control(EPOLL_CTL_ADD, event_fd, EPOLLIN | EPOLLET, &added->second)) return true;
  event_handlers_.erase(added);
  return false;
}

void Loop::Impl::RemoveEvent(int event_fd) {
  THALWEG_ASSERT(Control(EPOLL_CTL_DEL, event_fd, 0, nullptr));
  const auto handler = event_handlers_.find(event_fd);
  Forget(&handler->second);
  event_handlers_.erase(handler);
}

void Loop::Impl::Run() {
  BlockSigpipe();
  own_thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  ended_us_ = clock_.SteadyUs();
  while (!stopped_.load(std::memory_order_acquire)) Turn();
  own_thread_.store({}, std::memory_order_relaxed);
  stopped_.store(false, std::memory_order_relaxed);
}

void Loop::Impl::Stop() {
  stopped_.store(true, std::memory_order_release);
  Post([] {});  // wakes it; a wake-up without a task would not be taken back
}

void Loop::Impl::Turn() {
  const int count = ::epoll_wait(epoll_fd_.get(), events_, kEventsPerTurn, TimeoutMs());
  THALWEG_ASSERT(count >= 0 || errno == EINTR);
  now_us_ = clock_.SteadyUs();
  now_ms_ = now_us_ / 1000;
  turn_again_ = false;
  tasks_are_due_ = true;
  DispatchEvents(std::max(count, 0));
  for (TurnEndHandler* handler : turn_end_handlers_) handler->OnIoEnd();
  tasks_are_due_ = false;
  RunTasks();
  timers_.Advance(now_ms_);
  for (TurnEndHandler* handler : turn_end_handlers_) turn_again_ |= handler->OnTurnEnd();
  ended_us_ = clock_.SteadyUs();
  turns_.Add(ended_us_ - now_us_);
}

int Loop::Impl::TimeoutMs() const {
  if (turn_again_) return 0;
  const std::optional<int64_t> next_ms = timers_.NextMs();
  if (!next_ms) return -1;
  return static_cast<int>(std::clamp<int64_t>(*next_ms - ended_us_ / 1000, 0, 60'000));
}

void Loop::Impl::DispatchEvents(int count) {
  event_count_ = count;
  for (int i = 0; i < count; ++i) {
    auto* const handler = static_cast<IoHandler*>(events_[i].data.ptr);
    if (handler != nullptr) handler->OnIo(events_[i].events);
  }
  event_count_ = 0;
}

// Tasks posted by these tasks wait for the next turn, so that sockets get their share.
void Loop::Impl::RunTasks() {
  {
    const std::lock_guard lock(mutex_);
    if (wake_written_) {
      uint64_t wakes = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_fd_.get(), &wakes, sizeof wakes);
      wake_written_ = false;
    }
    running_.swap(posted_);
  }
  for (Task& task : running_) task();
  running_.clear();
}

void Loop::Impl::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_.get(), &one, sizeof one);
}

bool Loop::Impl::Control(int operation, int fd, uint32_t epoll_events, IoHandler* handler) const {
  epoll_event event{};
  event.events = epoll_events;
  event.data.ptr = handler;
  return ::epoll_ctl(epoll_fd_.get(), operation, fd, &event) == 0;
}

void Loop::Impl::Forget(const IoHandler* handler) {
  for (int i = 0; i < event_count_; ++i) {
    if (events_[i].data.ptr == handler) events_[i].data.ptr = nullptr;
  }
}

Loop::Loop(const Clock* clock) : Loop(std::make_unique<Impl>(clock)) {
  THALWEG_ASSERT(impl_->has_descriptors());
}

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::expected<std::unique_ptr<Loop>, std::string> Loop::Make() {
  auto impl = std::make_unique<Impl>();
  if (!impl->has_descriptors()) {
    return std::unexpected(std::string("cannot make an event loop: ") + std::strerror(errno));
  }
  return std::make_unique<Loop>(std::move(impl));
}

Loop::~Loop() = default;

void Loop::Post(Task task) { impl_->Post(std::move(task)); }
void Loop::PostAfter(int64_t delay_ms, Task task) { impl_->PostAfter(delay_ms, std::move(task)); }
bool Loop::AddEvent(int event_fd, Task on_event) {
  return impl_->AddEvent(event_fd, std::move(on_event));
}
void Loop::RemoveEvent(int event_fd) { impl_->RemoveEvent(event_fd); }
void Loop::Run() { impl_->Run(); }
void Loop::Stop() { impl_->Stop(); }

bool Loop::Add(int fd, uint32_t epoll_events, IoHandler* handler) {
  return impl_->Control(EPOLL_CTL_ADD, fd, epoll_events | EPOLLET, handler);
}

void Loop::Remove(int fd, IoHandler* handler) {
  THALWEG_ASSERT(impl_->Control(EPOLL_CTL_DEL, fd, 0, nullptr));
  impl_->Forget(handler);
}

void Loop::AddTurnEnd(TurnEndHandler* handler) { impl_->turn_end_handlers().push_back(handler); }

void Loop::RemoveTurnEnd(TurnEndHandler* handler) {
  std::erase(impl_->turn_end_handlers(), handler);
}

TimerWheel& Loop::timers() { return impl_->timers(); }
const Clock& Loop::clock() const { return impl_->clock(); }
int64_t Loop::now_ms() const { return impl_->now_ms(); }
int64_t Loop::now_us() const { return impl_->now_us(); }
const DurationCounts& Loop::turns() const { return impl_->turns(); }

}  // namespace thalweg
