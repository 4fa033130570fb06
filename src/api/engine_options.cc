#include "api/engine_options.h"

#include <algorithm>
#include <cstddef>

namespace thalweg {
namespace {

// A start looks at each spare of the log, for 0.16 ms.
constexpr size_t kSparesMax = 1'024;

}  // namespace

DurableEngineOptions EngineOptionsOf(const StoreOptions& options, const DirectoryId& directory) {
  DurableEngineOptions durable;
  const size_t pages = (options.log_file_bytes + kLogPageBytes - 1) / kLogPageBytes;
  durable.log.directory = directory;
  durable.log.file_bytes = std::max<size_t>(pages, 3) * kLogPageBytes;  // header, block, seal
  // As many files as there are between two checkpoints: the log grows to twice that while one is
  // made.
  durable.log.spares_max =
      std::min<size_t>(2 * (options.checkpoint_log_bytes / durable.log.file_bytes + 1), kSparesMax);
  durable.keeper.log_bytes_max = options.checkpoint_log_bytes;
  durable.keeper.age_ms_max = options.checkpoint_age_ms;
  durable.keeper.tail_bytes_max = std::max<uint64_t>(options.tail_bytes_max, 1);
  durable.keeper.streams_in_memory_max = StreamsThatFit(options.tail_bytes_max);
  durable.keeper.merge_bytes_per_s = options.merge_bytes_per_s;
  return durable;
}

}  // namespace thalweg
