// Who answers requests: the transport knows nothing of their meaning.
#pragma once

#include "thalweg/http.h"

namespace thalweg {

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  // See Router::Handle. THREAD: the loop's own.
  virtual void Handle(const Request& request, Responder& responder) = 0;
};

}  // namespace thalweg
