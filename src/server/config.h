// What `thalweg serve` was asked to be. A value, checked: every field is usable as it stands.
#pragma once

#include <cstddef>
#include <string>

#include "engine/store_keeper.h"
#include "net/options.h"
#include "thalweg/options.h"

namespace thalweg {

struct DiskConfig {
  std::string data_dir;               // empty: in memory only
  size_t log_file_bytes = 64u << 20;  // each file of the log, allocated ahead
  StoreKeeperOptions keeper{};
};

struct ServeConfig {
  NetOptions net;  // connections_max: of the whole server
  RouterOptions router;
  size_t threads = 1;
  DiskConfig disk;
  std::string log_level = "info";
};

}  // namespace thalweg
