// Crosses threads: see the header.
#include "engine/store_thread.h"

#include <chrono>

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
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::chrono::milliseconds pause{keeper_.Step()};
    if (pause.count() > 0) stopped_.wait_for(lock, stop, pause, [] { return false; });
  }
  for (int step = 0; step < kEndStepsMax && keeper_.StepToEnd(); ++step) {
    stopped_.wait_for(lock, kEndStep);
  }
}

}  // namespace thalweg
