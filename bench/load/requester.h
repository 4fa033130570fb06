// Sends requests over many connections, closed loop or at a fixed rate, and counts the answers.
//
// Own thread only: that of the loop. It is driven by its owner: Tick() whenever NextDue() has come
// and after each turn of the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/client_loop.h"
#include "bench/load/histogram.h"
#include "bench/load/pacer.h"
#include "bench/load/requests.h"

namespace thalweg::bench {

struct RequesterOptions {
  size_t connections = 1;
  size_t pipeline = 1;  // requests under way on one connection
  double per_second = 0;
  uint64_t requests_max = std::numeric_limits<uint64_t>::max();
};

class Requester {
 public:
  // Connects. The source and the loop outlive it.
  Requester(ClientLoop& loop, RequestSource& source, const RequesterOptions& options,
            int64_t start_ns);
  ~Requester();

  // Sends what is due and finds a place on a connection.
  void Tick(int64_t now_ns);

  // When to call Tick() next.
  int64_t NextDue() const;

  // From here on answers of success count; refusals are errors and have neither rate nor latency.
  void StartMeasuring();

  // Nothing is sent any more, and answers do not count any more; their latencies still do. So do
  // those of requests that were due and found no place until now.
  void Stop(int64_t now_ns);

  bool idle() const { return in_flight_ == 0; }
  bool all_answered() const { return idle() && left_ == 0; }
  uint64_t succeeded() const { return succeeded_; }
  uint64_t errors() const { return errors_; }  // refusals and requests that were cut off
  uint64_t unsent() const { return unsent_; }
  uint64_t unanswered() const { return in_flight_; }
  const Histogram& latencies() const { return latencies_; }

 private:
  class Client;

  void OnAnswer(Client& client, int64_t due_ns, int status);
  void OnCut(Client& client, size_t requests);

  RequestSource& source_;
  const size_t pipeline_;
  Pacer pacer_;
  uint64_t left_;  // requests to send
  std::vector<std::unique_ptr<Client>> clients_;
  std::deque<Client*> free_;  // places for a request; a client stands here once for each it has
  std::string request_;
  size_t in_flight_ = 0;
  bool counting_ = true;
  uint64_t succeeded_ = 0, errors_ = 0, unsent_ = 0;
  Histogram latencies_;
};

}  // namespace thalweg::bench
