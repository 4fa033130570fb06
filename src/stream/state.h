// The state of one stream: the fold of its records, without its bytes. A value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/boxed.h"
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

// What creation settled for good. Streams that were created alike may share one.
struct StreamConfig {
  RequestedConfig requested;
  std::string content_type;  // verbatim
  ContentKind kind = ContentKind::kBytes;
  Expiry expiry;
};

// What `record` settles.
StreamConfig ConfigOf(const CreateRecord& record);

// Whether `config` is ConfigOf(record), to the letter.
bool IsConfigOf(const StreamConfig& config, const CreateRecord& record);

struct StreamState {
  // The first six never change.
  StreamId id;
  std::string path;
  int64_t created_wall_ms = 0;                 // 0: by a program that did not keep it
  std::shared_ptr<const StreamConfig> config;  // never null
  StreamId source;                             // 0: not a fork
  Offset start;                                // own bytes begin here
  Offset tail;                                 // head tail: own bytes end here
  bool closed = false;
  bool soft_deleted = false;
  Boxed<ClosingStamp> closed_by;
  uint64_t forks = 0;           // live forks that read from this stream
  Boxed<std::string> seq_last;  // Stream-Seq
  ProducerTable producers;
  int64_t accessed_steady_ms = 0;  // last use, as recorded
};

}  // namespace thalweg
