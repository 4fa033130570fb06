#include "warnings.h"

#include <utility>

namespace thalweg::node {
namespace {

// As StoreFailure's `reason` in index.d.cts.
const char* ReasonOf(StoreFailure::Code code) {
  switch (code) {
    case StoreFailure::Code::kDisk: return "disk";
    case StoreFailure::Code::kDirectoryGone: return "directory-gone";
  }
  return "disk";
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
  loop_.Post([this, store, why = failure.message, reason = ReasonOf(failure.code)] {
    fail_.Call({Napi::Number::New(loop_.env(), store), Napi::String::New(loop_.env(), why),
                Napi::String::New(loop_.env(), reason)});
  });
}

void Warnings::Log::Write(LogLevel level, std::string_view message) {
  const bool is_told = level == LogLevel::kWarning || level == LogLevel::kError;
  if (is_told) warnings_.Tell(std::string(message));
}

}  // namespace thalweg::node
