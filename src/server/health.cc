#include "server/health.h"

#include "server/text_answer.h"

namespace thalweg {

bool AnswerHealth(const Request& request, bool ready, Responder& responder) {
  const bool is_ready_probe = request.path == "/readyz";
  if (request.path != "/healthz" && !is_ready_probe) return false;
  if (RefusedMethod(request, responder)) return true;
  const bool fine = ready || !is_ready_probe;
  SendText(responder, fine ? 200 : 503, kTextType,
           Bytes::Static(fine ? "ok\n" : "shutting down\n"));
  return true;
}

}  // namespace thalweg
