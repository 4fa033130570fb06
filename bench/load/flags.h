// What a load is to be, as the command line says it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "bench/load/live_readers.h"
#include "bench/load/requests.h"

namespace thalweg::bench {

enum class Mode : uint8_t { kAppend, kProducer, kReplay, kLongPoll, kSse, kIdle, kMixed };

struct Flags {
  std::string url;
  Mode mode = Mode::kAppend;
  double seconds = 5;
  double warmup_seconds = 1;
  Streams streams;
  bool create = true;
  size_t fill_bytes = 0;  // appended to each stream before the load begins

  size_t connections = 64;  // that append
  size_t pipeline = 1;
  double per_second = 0;      // of all together; 0: closed loop
  uint64_t requests_max = 0;  // 0: until time is over
  Message message;
  Pick pick = Pick::kRandom;

  size_t readers = 0;  // at the tails
  Live live = Live::kSse;
  size_t replays = 0;         // readers from the beginning
  std::string replay_prefix;  // of the streams that they read; empty: those of the appends
  bool replay_once = false;   // they begin when it is measured, and that ends when they are through

  pid_t watched = 0;  // the server's process; 0: none
};

// The flags, or what to print and to exit with: for --help, too.
struct FlagsExit {
  int code = 0;
  std::string text;
};
std::expected<Flags, FlagsExit> ParseFlags(int argc, const char* const* argv);

const char* NameOf(Mode mode);

}  // namespace thalweg::bench
