// An asio::io_context as the Executor of a Router. REQUIRES: one thread runs the context.
#pragma once

#include <sys/eventfd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <unordered_map>
#include <utility>

#include "thalweg/executor.h"

class AsioExecutor final : public thalweg::Executor {
 public:
  explicit AsioExecutor(boost::asio::io_context& io) : io_(io) {}

  void Post(Task task) override { boost::asio::post(io_, std::move(task)); }

  void PostAfter(int64_t delay_ms, Task task) override {
    auto timer = std::make_unique<boost::asio::steady_timer>(io_);
    timer->expires_after(std::chrono::milliseconds(delay_ms));
    boost::asio::steady_timer& waiting = *timer;
    waiting.async_wait(
        [timer = std::move(timer), task = std::move(task)](auto) mutable { task(); });
  }

  // With these two the kernel writes beside this thread what is appended.
  bool AddEvent(int event_fd, Task on_event) override {
    const auto event = std::make_shared<Event>(Descriptor(io_, event_fd), std::move(on_event));
    events_.emplace(event_fd, event);
    Await(event);
    return true;
  }

  void RemoveEvent(int event_fd) override {
    const auto event = events_.extract(event_fd);
    event.mapped()->descriptor.release();  // it is not ours to close
  }

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;
  struct Event {
    Descriptor descriptor;
    Task on_event;
  };

  static void Await(const std::shared_ptr<Event>& event) {
    event->descriptor.async_wait(Descriptor::wait_read, [event](boost::system::error_code error) {
      if (error || !event->descriptor.is_open()) return;  // removed
      eventfd_t ignored = 0;
      eventfd_read(event->descriptor.native_handle(), &ignored);
      event->on_event();
      Await(event);
    });
  }

  boost::asio::io_context& io_;
  std::unordered_map<int, std::shared_ptr<Event>> events_;
};
