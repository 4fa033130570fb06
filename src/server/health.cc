#include "server/health.h"

namespace thalweg {

HealthAnswer AnswerHealth(Method method, std::string_view path, bool ready) {
  const bool is_ready_probe = path == "/readyz";
  if (path != "/healthz" && !is_ready_probe) return {};
  if (method != Method::kGet && method != Method::kHead) return {405, "method not allowed\n"};
  if (is_ready_probe && !ready) return {503, "shutting down\n"};
  return {200, "ok\n"};
}

void HealthHandler::Handle(const Request& request, Responder& responder) {
  const HealthAnswer answer =
      AnswerHealth(request.method, request.path, ready_.load(std::memory_order_relaxed));
  if (answer.status == 0) return router_.Handle(request, responder);
  HeaderList headers;
  headers.Add("Content-Type", "text/plain");
  headers.Add("Cache-Control", "no-store");
  headers.Add("X-Content-Type-Options", "nosniff");
  if (answer.status == 405) headers.Add("Allow", "GET, HEAD");
  responder.Respond(answer.status, headers, Bytes::Static(answer.body));
}

}  // namespace thalweg
