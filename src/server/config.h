// What `thalweg serve` was asked to be. A value, checked: every field is usable as it stands.
#pragma once

#include <cstddef>
#include <string>

#include "net/options.h"
#include "thalweg/options.h"

namespace thalweg {

struct ServeConfig {
  NetOptions net;  // connections_max: of the whole server
  RouterOptions router;
  size_t threads = 1;
  std::string data_dir;  // empty: in memory only
  std::string log_level = "info";
};

}  // namespace thalweg
