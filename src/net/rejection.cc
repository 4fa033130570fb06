#include "net/rejection.h"

namespace thalweg {

namespace {

// Whole lines, so that the first line of an answer is one piece of text; the two of most answers
// first. 130 instructions less for an append, 2 % (docs/BENCHMARKS.md).
constexpr std::string_view kStatusLines[] = {
    "HTTP/1.1 204 No Content\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 100 Continue\r\n",
    "HTTP/1.1 201 Created\r\n",
    "HTTP/1.1 202 Accepted\r\n",
    "HTTP/1.1 206 Partial Content\r\n",
    "HTTP/1.1 301 Moved Permanently\r\n",
    "HTTP/1.1 302 Found\r\n",
    "HTTP/1.1 304 Not Modified\r\n",
    "HTTP/1.1 307 Temporary Redirect\r\n",
    "HTTP/1.1 308 Permanent Redirect\r\n",
    "HTTP/1.1 400 Bad Request\r\n",
    "HTTP/1.1 401 Unauthorized\r\n",
    "HTTP/1.1 403 Forbidden\r\n",
    "HTTP/1.1 404 Not Found\r\n",
    "HTTP/1.1 405 Method Not Allowed\r\n",
    "HTTP/1.1 406 Not Acceptable\r\n",
    "HTTP/1.1 408 Request Timeout\r\n",
    "HTTP/1.1 409 Conflict\r\n",
    "HTTP/1.1 410 Gone\r\n",
    "HTTP/1.1 411 Length Required\r\n",
    "HTTP/1.1 412 Precondition Failed\r\n",
    "HTTP/1.1 413 Content Too Large\r\n",
    "HTTP/1.1 414 URI Too Long\r\n",
    "HTTP/1.1 415 Unsupported Media Type\r\n",
    "HTTP/1.1 416 Range Not Satisfiable\r\n",
    "HTTP/1.1 417 Expectation Failed\r\n",
    "HTTP/1.1 422 Unprocessable Content\r\n",
    "HTTP/1.1 425 Too Early\r\n",
    "HTTP/1.1 429 Too Many Requests\r\n",
    "HTTP/1.1 431 Request Header Fields Too Large\r\n",
    "HTTP/1.1 500 Internal Server Error\r\n",
    "HTTP/1.1 501 Not Implemented\r\n",
    "HTTP/1.1 502 Bad Gateway\r\n",
    "HTTP/1.1 503 Service Unavailable\r\n",
    "HTTP/1.1 504 Gateway Timeout\r\n",
    "HTTP/1.1 505 HTTP Version Not Supported\r\n",
    "HTTP/1.1 507 Insufficient Storage\r\n",
};

constexpr int StatusOf(std::string_view line) {
  return (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
}

// The stable code of docs/ERRORS.md.
std::string_view CodeOf(const Rejection& rejection) {
  if (!rejection.code.empty()) return rejection.code;
  switch (rejection.status) {
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

std::string_view ReasonPhrase(int status) {
  for (std::string_view line : kStatusLines) {
    if (StatusOf(line) == status) return line.substr(13, line.size() - 15);
  }
  return "Unknown";
}

std::string Body(const Rejection& rejection) {
  std::string body = R"({"type":"about:blank","title":")";
  body.append(ReasonPhrase(rejection.status)).append(R"(","status":)");
  body.append(std::to_string(rejection.status)).append(R"(,"code":")");
  body.append(CodeOf(rejection)).append(R"(","detail":")");
  body.append(rejection.detail).append(R"("})");
  return body;
}

}  // namespace

void AppendStatusLine(int status, std::string& out) {
  for (const std::string_view line : kStatusLines) {
    if (StatusOf(line) == status) {
      out.append(line);
      return;
    }
  }
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" Unknown\r\n");
}

void AppendRejection(const Rejection& rejection, std::string_view date_line,
                     std::string_view common_fields, bool head_only, std::string& out) {
  const std::string body = Body(rejection);
  AppendStatusLine(rejection.status, out);
  out.append(date_line).append(common_fields);
  out.append("content-type: application/problem+json\r\ncache-control: no-store\r\n");
  if (rejection.status == 503) out.append("retry-after: 1\r\n");
  out.append("connection: close\r\ncontent-length: ").append(std::to_string(body.size()));
  out.append("\r\n\r\n");
  if (!head_only) out.append(body);
}

}  // namespace thalweg
