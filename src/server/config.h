// What `thalweg serve` was asked to be. A value, checked: every field is usable as it stands.
#pragma once

#include <cstdint>
#include <string>

#include "thalweg/server.h"

namespace thalweg {

struct ServeConfig {
  ServerOptions server;
  std::string log_level = "info";
  bool metrics = false;  // /metrics is answered
  int64_t drain_ms = 0;  // from a signal to stop on /readyz says 503 for so long, then it stops
};

}  // namespace thalweg
