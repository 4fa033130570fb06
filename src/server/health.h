// /healthz and /readyz in front of the router, for load balancers and supervisors. THREAD: any.
#pragma once

#include "thalweg/http.h"

namespace thalweg {

// Answers the two paths; false for every other one. `ready`: not shutting down.
bool AnswerHealth(const Request& request, bool ready, Responder& responder);

}  // namespace thalweg
