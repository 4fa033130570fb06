// An asio::io_context as the Executor of a Router. REQUIRES: one thread runs the context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
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

 private:
  boost::asio::io_context& io_;
};
