// /metrics in front of the router: what the server, its store and the process count, for
// Prometheus. (docs/OPERATING.md, "Metrics")
//
// Crosses threads: Show comes from the server's owner, Answer from any of its loops; it waits for
// no disk.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "server/process_stats.h"
#include "thalweg/clock.h"
#include "thalweg/server.h"

namespace thalweg {

// `server_stats` and `store_stats` are of one server.
std::string MetricsText(const ServerStats& server_stats, const StoreStats& store_stats,
                        const ProcessStats& process, std::optional<int64_t> process_start_ms);

class MetricsPage {
 public:
  // REQUIRES: `clock` is the machine's.
  explicit MetricsPage(const Clock& clock) : process_start_ms_(ProcessStartMs(clock)) {}

  // From now on the page tells of `server`; before, it is answered 503. REQUIRES: no loop of the
  // server runs when that has ended.
  void Show(Server& server) { server_ = &server; }

  // Answers its path; false for every other one.
  bool Answer(const Request& request, Responder& responder) const;

 private:
  const std::optional<int64_t> process_start_ms_;
  std::atomic<Server*> server_{nullptr};
};

}  // namespace thalweg
