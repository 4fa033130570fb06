#include "warnings.h"

#include <utility>

namespace thalweg::node {

void Warnings::Tell(std::string message) {
  loop_.Post([this, message = std::move(message)] {
    warn_.Call({Napi::String::New(loop_.env(), message)});
  });
}

void Warnings::Log::Write(LogLevel level, std::string_view message) {
  if (level >= LogLevel::kWarning) warnings_.Tell(std::string(message));
}

}  // namespace thalweg::node
