#include "warnings.h"

#include <utility>

namespace thalweg::node {

void Warnings::Connect(Napi::Function warn, Napi::Function fail) {
  warn_ = Napi::Persistent(warn);
  fail_ = Napi::Persistent(fail);
}

void Warnings::Tell(std::string message) {
  loop_.Post([this, message = std::move(message)] {
    warn_.Call({Napi::String::New(loop_.env(), message)});
  });
}

void Warnings::TellFailure(uint32_t store, std::string why) {
  loop_.Post([this, store, why = std::move(why)] {
    fail_.Call({Napi::Number::New(loop_.env(), store), Napi::String::New(loop_.env(), why)});
  });
}

void Warnings::Log::Write(LogLevel level, std::string_view message) {
  const bool is_told = level == LogLevel::kWarning || level == LogLevel::kError;
  if (is_told) warnings_.Tell(std::string(message));
}

}  // namespace thalweg::node
