// Tells the operator of clients whom the transport turns away or cuts off, of each reason every ten
// seconds at most: their answers say why at best, and nobody else does. Counts them, too.
//
// THREAD: any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "api/teller.h"
#include "net/request_handler.h"
#include "thalweg/http_limits.h"

namespace thalweg {

class TurnedAwayTeller {
 public:
  static constexpr int64_t kEveryMs = 10'000;

  // REQUIRES: logger (may be null) and clock outlive it.
  TurnedAwayTeller(Logger* logger, const Clock& clock, const HttpLimits& limits);

  void Tell(TurnedAway why);

  // How often, told or not.
  uint64_t count(TurnedAway why) const { return counts_[static_cast<size_t>(why)].load(); }

 private:
  const Teller teller_;
  const HttpLimits limits_;
  std::array<Seldom, kReasonsToTurnAway> seldom_;
  std::array<std::atomic<uint64_t>, kReasonsToTurnAway> counts_{};
};

}  // namespace thalweg
