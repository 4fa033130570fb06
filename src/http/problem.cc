#include "http/problem.h"

#include <string>

namespace thalweg {

namespace {

void AppendEscapedByte(unsigned char byte, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  if (byte == '"' || byte == '\\') {
    out += {'\\', static_cast<char>(byte)};
  } else if (byte < 0x20 || byte >= 0x7f) {
    // Details may quote what the client sent: beyond ASCII nothing says that it is UTF-8.
    out += "\\u00";
    out += {kHex[byte >> 4], kHex[byte & 15]};
  } else {
    out += static_cast<char>(byte);
  }
}

void AppendMember(std::string_view name, std::string_view value, std::string& out) {
  out.append(",\"").append(name).append("\":\"");
  for (const char byte : value) AppendEscapedByte(static_cast<unsigned char>(byte), out);
  out += '"';
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
