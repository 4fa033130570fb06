// One load, from its first create to its line of JSON.
//
// Own thread only: that of the loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/load/client_loop.h"
#include "bench/load/flags.h"
#include "bench/load/live_readers.h"
#include "bench/load/replay_readers.h"
#include "bench/load/requester.h"
#include "bench/load/requests.h"
#include "bench/load/usage.h"

namespace thalweg::bench {

class JsonLine;

class Run {
 public:
  // The loop outlives the run.
  Run(ClientLoop& loop, const Flags& flags);
  ~Run();

  // Creates and fills streams, connects, warms up, measures, waits for what is under way. Where it
  // comes to nothing the loop's failure() says why.
  void Perform();

  // What was measured. REQUIRES: Perform() came through.
  std::string Report() const;

 private:
  void Prepare();
  void SendAll(RequestSource& source, uint64_t requests, double per_second, const char* what);
  void Connect();
  void ConnectAppends();
  void ConnectReplays();
  void Measure();
  void Drain();
  bool Drained() const;

  // Turns the loop until `until_ns`, or a failure, or what `done` says.
  template <typename Done>
  bool TurnUntil(int64_t until_ns, Requester* requester, Done&& done);

  void ReportAppends(JsonLine& line) const;
  void ReportDeliveries(JsonLine& line) const;
  void ReportReplays(JsonLine& line) const;
  void ReportUsage(JsonLine& line) const;

  ClientLoop& loop_;
  const Flags flags_;
  std::unique_ptr<AppendRequests> appends_;  // what a mode has no use for is null
  std::unique_ptr<Requester> requester_;
  std::unique_ptr<LiveReaders> live_;
  std::unique_ptr<ReplayReaders> replay_;
  double measured_seconds_ = 0;
  int64_t rss_before_bytes_ = 0;  // before readers were connected
  Usage server_, client_;         // while it was measured
};

}  // namespace thalweg::bench
