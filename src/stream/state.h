// The state of one stream: the fold of its records, without its bytes. A value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stream/content_type.h"
#include "stream/record.h"

namespace thalweg {

// The stamp of the request that closed a stream, so that its retry is a success. (protocol 5.2.1)
struct ClosingStamp {
  std::string producer_id;
  uint64_t epoch = 0;
  uint64_t seq = 0;
  bool operator==(const ClosingStamp&) const = default;
};

struct StreamState {
  StreamId id;
  std::string path;
  RequestedConfig requested;
  std::string content_type;  // verbatim
  ContentKind kind = ContentKind::kBytes;
  Expiry expiry;
  StreamId source;  // 0: not a fork
  Offset start;     // own bytes begin here
  Offset tail;      // head tail: own bytes end here
  bool closed = false;
  std::optional<ClosingStamp> closed_by;
  bool soft_deleted = false;
  uint64_t forks = 0;                   // live forks that read from this stream
  std::optional<std::string> seq_last;  // Stream-Seq
  ProducerTable producers;
  int64_t accessed_steady_ms = 0;  // last use, as recorded
};

}  // namespace thalweg
