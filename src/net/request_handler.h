// Who answers requests: the transport knows nothing of their meaning.
#pragma once

#include <span>
#include <string_view>

#include "thalweg/http.h"

namespace thalweg {

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  // See Router::Handle. THREAD: the loop's own.
  virtual void Handle(const Request& request, Responder& responder) = 0;

  // Requests for these paths are handled next. See Router::Expect. THREAD: the loop's own.
  virtual void Expect(std::span<const std::string_view> /*paths*/) {}

  // Field lines, each with its CRLF, for the answers that the transport gives by itself.
  virtual std::string_view common_fields() const { return {}; }
};

}  // namespace thalweg
