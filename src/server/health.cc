#include "server/health.h"

#include "server/text_answer.h"

namespace thalweg {
namespace {

struct Health {
  int status = 0;
  std::string_view body;
};

Health HealthOf(Method method, bool is_ready_probe, bool ready) {
  if (method != Method::kGet && method != Method::kHead) return {405, "method not allowed\n"};
  if (is_ready_probe && !ready) return {503, "shutting down\n"};
  return {200, "ok\n"};
}

}  // namespace

bool AnswerHealth(const Request& request, bool ready, Responder& responder) {
  const bool is_ready_probe = request.path == "/readyz";
  if (request.path != "/healthz" && !is_ready_probe) return false;
  const Health health = HealthOf(request.method, is_ready_probe, ready);
  SendText(responder, health.status, "text/plain", Bytes::Static(health.body));
  return true;
}

}  // namespace thalweg
