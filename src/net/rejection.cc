#include "net/rejection.h"

namespace thalweg {

namespace {

struct Name {
  int status;
  std::string_view phrase;
};

constexpr Name kNames[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

// The stable code of docs/ERRORS.md.
std::string_view CodeOf(int status) {
  switch (status) {
    case 408: return "request-timeout";
    case 413: return "content-too-large";
    case 414: return "uri-too-long";
    case 417: return "expectation-failed";
    case 431: return "headers-too-large";
    case 501: return "not-implemented";
    case 503: return "too-many-connections";
    case 505: return "http-version-not-supported";
    default: return "bad-request";
  }
}

std::string Body(const Rejection& rejection) {
  std::string body = R"({"type":"about:blank","title":")";
  body.append(ReasonPhrase(rejection.status)).append(R"(","status":)");
  body.append(std::to_string(rejection.status)).append(R"(,"code":")");
  body.append(CodeOf(rejection.status)).append(R"(","detail":")");
  body.append(rejection.detail).append(R"("})");
  return body;
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  for (const Name& name : kNames) {
    if (name.status == status) return name.phrase;
  }
  return "Unknown";
}

void AppendRejection(const Rejection& rejection, std::string_view date_line, bool head_only,
                     std::string& out) {
  const std::string body = Body(rejection);
  out.append("HTTP/1.1 ").append(std::to_string(rejection.status)).append(" ");
  out.append(ReasonPhrase(rejection.status)).append("\r\n").append(date_line);
  out.append(
      "content-type: application/problem+json\r\n"
      "x-content-type-options: nosniff\r\n"
      "cross-origin-resource-policy: cross-origin\r\n"
      "cache-control: no-store\r\n");
  if (rejection.status == 503) out.append("retry-after: 1\r\n");
  out.append("connection: close\r\ncontent-length: ").append(std::to_string(body.size()));
  out.append("\r\n\r\n");
  if (!head_only) out.append(body);
}

}  // namespace thalweg
