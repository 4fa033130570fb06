// Crosses threads: see the header.
#include "engine/store_thread.h"

#include <chrono>

#include "base/thread_name.h"

namespace thalweg {
namespace {

constexpr std::chrono::milliseconds kEndStep{1};
constexpr int kEndStepsMax = 5'000;  // of waiting for the log; a full disk may keep it

}  // namespace

StoreThread::StoreThread(StoreKeeper& keeper)
    : keeper_(keeper), thread_([this](std::stop_token stop) { Run(std::move(stop)); }) {}

StoreThread::~StoreThread() {
  thread_.request_stop();
  thread_.join();
}

void StoreThread::Run(std::stop_token stop) {
  NameThisThread("thalweg-store");
  std::unique_lock lock(mutex_);
  const auto pause = [&](int64_t ms) {
    stopped_.wait_for(lock, stop, std::chrono::milliseconds{ms}, [] { return false; });
  };
  keeper_.SetPause(pause);
  while (!stop.stop_requested()) {
    if (const int64_t ms = keeper_.Step(); ms > 0) pause(ms);
  }
  keeper_.SetPause({});
  for (int step = 0; step < kEndStepsMax && keeper_.StepToEnd(); ++step) {
    stopped_.wait_for(lock, kEndStep);
  }
}

}  // namespace thalweg
