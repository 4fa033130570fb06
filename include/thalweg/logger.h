// Where the library says what an operator should know. THREAD: any.
#pragma once

#include <cstdint>
#include <string_view>

#include "thalweg/export.h"

namespace thalweg {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError, kCritical };

class THALWEG_API Logger {
 public:
  virtual ~Logger() = default;

  // `message` is one line without its end: what happened, where, and what to do. Must not call back
  // into the library.
  virtual void Write(LogLevel level, std::string_view message) = 0;
};

}  // namespace thalweg
