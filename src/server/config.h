// What `thalweg serve` was asked to be. A value, checked: every field is usable as it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/processors.h"
#include "thalweg/server.h"

namespace thalweg {

struct ServeConfig {
  ServerOptions server;
  std::string log_level = "info";
  int64_t drain_ms = 0;  // from a signal to stop on /readyz says 503 for so long, then it stops
};

inline size_t LoopsOf(const ServerOptions& server) {
  return server.threads != 0 ? server.threads : CountOfProcessors();
}

}  // namespace thalweg
