// Configurations of streams that were created alike: kept once.
//
// Crosses threads: any thread may call.
#pragma once

#include <array>
#include <memory>
#include <mutex>

#include "stream/state.h"

namespace thalweg {

// Whether streams may share such a configuration: not one that names an instant or a source, which
// few others name.
inline bool MayBeShared(const Expiry& expiry, StreamId source) {
  return expiry.kind != Expiry::Kind::kAt && source == StreamId{};
}

class ConfigPool {
 public:
  // ConfigOf(record), shared where one of the last few different ones was the same.
  std::shared_ptr<const StreamConfig> Share(const CreateRecord& record);

 private:
  std::mutex mutex_;  // guards what follows
  std::array<std::shared_ptr<const StreamConfig>, 8> recent_;
  size_t next_ = 0;  // of `recent_`, to be replaced
};

}  // namespace thalweg
