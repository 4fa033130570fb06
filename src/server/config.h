// What `thalweg serve` was asked to be. A value, checked: every field is usable as it stands.
#pragma once

#include <string>

#include "thalweg/server.h"

namespace thalweg {

struct ServeConfig {
  ServerOptions server;
  std::string log_level = "info";
};

}  // namespace thalweg
