#include "http/problem.h"

#include <string>

#include "stream/json_text.h"

namespace thalweg {

namespace {

void AppendMember(std::string_view name, std::string_view value, std::string& out) {
  out.append(",\"").append(name).append("\":");
  AppendJsonString(value, out);
}

std::string ProblemBody(const Problem& problem, std::string_view detail) {
  std::string body = R"({"type":"about:blank")";
  AppendMember("title", problem.title, body);
  body.append(",\"status\":").append(std::to_string(problem.status));
  AppendMember("code", problem.code, body);
  if (!detail.empty()) AppendMember("detail", detail, body);
  body += '}';
  return body;
}

}  // namespace

void SendProblem(Responder& responder, Head head, const Problem& problem, std::string_view detail) {
  head.ContentType("application/problem+json").CacheControl("no-store");
  responder.Respond(problem.status, head.fields(), Bytes::Own(ProblemBody(problem, detail)));
}

}  // namespace thalweg
