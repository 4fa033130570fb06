// /healthz and /readyz in front of the router, for load balancers and supervisors.
//
// One per loop, own thread only; whether the server is ready is shared by all loops.
#pragma once

#include <atomic>

#include "net/request_handler.h"
#include "thalweg/router.h"

namespace thalweg {

class HealthHandler final : public RequestHandler {
 public:
  // REQUIRES: both outlive the handler.
  HealthHandler(Router& router, const std::atomic<bool>& ready) : router_(router), ready_(ready) {}

  // Answers the two paths; everything else is the router's.
  void Handle(const Request& request, Responder& responder) override;

 private:
  Router& router_;
  const std::atomic<bool>& ready_;
};

// The answer's status and text, or 0 for a path that is none of ours.
struct HealthAnswer {
  int status = 0;
  std::string_view body;
};
HealthAnswer AnswerHealth(Method method, std::string_view path, bool ready);

}  // namespace thalweg
