#include "warnings.h"

#include <utility>

#include "base/assert.h"

namespace thalweg::node {
namespace {

// As StoreFailure's `reason` in index.d.cts.
const char* ReasonOf(StoreFailure::Code code) {
  switch (code) {
    case StoreFailure::Code::kDisk: return "disk";
    case StoreFailure::Code::kDirectoryGone: return "directory-gone";
  }
  THALWEG_ASSERT(false);
}

}  // namespace

void Warnings::Connect(Napi::Function warn, Napi::Function fail) {
  warn_ = Napi::Persistent(warn);
  fail_ = Napi::Persistent(fail);
}

void Warnings::Tell(std::string message) {
  loop_.Post([this, message = std::move(message)] {
    warn_.Call({Napi::String::New(loop_.env(), message)});
  });
}

void Warnings::TellFailure(uint32_t store, const StoreFailure& failure) {
  {
    std::lock_guard lock(mutex_);
    failures_.push_back({store, failure.message, ReasonOf(failure.code)});
  }
  loop_.Post([this] { TellFailures(); });
}

void Warnings::TellFailures() {
  const Napi::Env env = loop_.env();
  while (const std::optional<Failure> failure = TakeFailure()) {
    fail_.Call({Napi::Number::New(env, failure->store), Napi::String::New(env, failure->why),
                Napi::String::New(env, failure->reason)});
    loop_.ThrowPending();
  }
}

// One at a time: JavaScript that hears of one may ask another store that has failed.
std::optional<Warnings::Failure> Warnings::TakeFailure() {
  std::lock_guard lock(mutex_);
  if (failures_.empty()) return std::nullopt;
  Failure failure = std::move(failures_.front());
  failures_.pop_front();
  return failure;
}

void Warnings::Log::Write(LogLevel level, std::string_view message) {
  const bool is_told = level == LogLevel::kWarning || level == LogLevel::kError;
  if (is_told) warnings_.Tell(std::string(message));
}

}  // namespace thalweg::node
