// What `thalweg serve` was asked to be. A value, checked: every field is usable as it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "net/options.h"
#include "thalweg/options.h"

namespace thalweg {

struct DiskConfig {
  std::string data_dir;               // empty: in memory only
  size_t log_file_bytes = 64u << 20;  // each file of the log, allocated ahead
  // See StoreKeeperOptions.
  size_t checkpoint_log_bytes = size_t{256} << 20;
  int64_t checkpoint_age_ms = 60'000;
  size_t tail_memory_bytes = size_t{256} << 20;
  size_t merge_bytes_per_s = size_t{64} << 20;
};

struct ServeConfig {
  NetOptions net;  // connections_max: of the whole server
  RouterOptions router;
  size_t threads = 1;
  DiskConfig disk;
  std::string log_level = "info";
};

}  // namespace thalweg
