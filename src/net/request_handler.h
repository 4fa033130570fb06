// Who answers requests: the transport knows nothing of their meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "thalweg/http.h"

namespace thalweg {

// Why the transport turns somebody away, or cuts off an answer, by itself.
enum class TurnedAway : uint8_t {
  kConnection,  // the server has all the connections it takes
  kRequest,     // requests that are under way take all the memory for them
  kNoFile,      // no file descriptor, or no memory, is left for one more connection: most often it
                // waits, and this is told with each try
  kUnreadable,  // in the middle of an answer: a file of ours cannot be read on
};
inline constexpr size_t kReasonsToTurnAway = 4;

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  // See Router::Handle. THREAD: the loop's own.
  virtual void Handle(const Request& request, Responder& responder) = 0;

  // Requests for these paths are handled next. See Router::Expect. THREAD: the loop's own.
  virtual void Expect(std::span<const std::string_view> /*paths*/) {}

  // Field lines, each with its CRLF, for the answers that the transport gives by itself.
  virtual std::string_view common_fields() const { return {}; }

  // Somebody was turned away, or cut off; the operator may want to know. THREAD: the loop's own.
  virtual void OnTurnedAway(TurnedAway /*why*/) {}
};

}  // namespace thalweg
