#include "net/request_target.h"

#include <algorithm>

#include "base/ascii.h"
#include "net/byte_runs.h"

namespace thalweg {

namespace {

std::unexpected<Rejection> Bad(std::string_view detail) {
  return std::unexpected(Rejection{400, detail});
}

bool IsPort(std::string_view port) {
  unsigned value = 0;
  for (const char c : port) {
    if (!IsDigit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65535) return false;
  }
  return true;
}

// The end of a reg-name at `at`.
const char* EndOfRegName(const char* at, const char* end) {
  while (true) {
    at = EndOfRun(ByteKind::kRegName, at, end);
    const bool encoded =
        end - at >= 3 && *at == '%' && Is(ByteKind::kHex, at[1]) && Is(ByteKind::kHex, at[2]);
    if (!encoded) return at;
    at += 3;
  }
}

bool IsIpLiteral(std::string_view address) {
  return address.size() >= 2 && address.find(':') != std::string_view::npos &&
         std::ranges::all_of(address,
                             [](char c) { return Is(ByteKind::kHex, c) || c == ':' || c == '.'; });
}

void SplitQuery(std::string_view text, RequestTarget& target) {
  const size_t question = text.find('?');
  target.path = text.substr(0, question);
  if (question != std::string_view::npos) target.query = text.substr(question + 1);
}

// RFC 9112 3.2.2: a server MUST accept the absolute-form in requests even though most HTTP/1.1
// clients will only send the absolute-form to a proxy.
std::expected<RequestTarget, Rejection> ParseAbsolute(std::string_view method,
                                                      std::string_view text) {
  const size_t colon = text.find("://");
  const std::string_view scheme = text.substr(0, colon);
  RequestTarget target;
  if (EqualIgnoringCase(scheme, "http")) target.scheme = "http";
  if (EqualIgnoringCase(scheme, "https")) target.scheme = "https";
  if (colon == std::string_view::npos || target.scheme.empty()) {
    return Bad("the request target is neither a path nor an http URL");
  }
  std::string_view rest = text.substr(colon + 3);
  const size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  target.authority = rest.substr(0, authority_end);
  // RFC 9110 4.2.1: a recipient that processes a "http" URI reference with an empty host identifier
  // MUST reject it as invalid. 4.2.4: treat the presence of userinfo as an error ('@' is not
  // valid).
  if (target.authority.empty() || target.authority.front() == ':' ||
      !IsValidAuthority(target.authority)) {
    return Bad("the authority of the request target is not valid");
  }
  rest.remove_prefix(authority_end);
  SplitQuery(rest, target);
  if (target.path.empty()) {
    // RFC 9112 3.2.4: an OPTIONS for a URI with an empty path and no query is the asterisk form.
    target.path = method == "OPTIONS" && rest.empty() ? "*" : "/";
  }
  return target;
}

}  // namespace

std::expected<RequestTarget, Rejection> ParseTarget(std::string_view method,
                                                    std::string_view target) {
  // RFC 9112 3.2.3: the authority-form is only used for CONNECT, which an origin server of ours has
  // no use for.
  if (method == "CONNECT") return Bad("CONNECT is not for this server");
  RequestTarget result;
  if (target.starts_with('/')) {
    SplitQuery(target, result);
    return result;
  }
  if (target != "*") return ParseAbsolute(method, target);
  // RFC 9112 3.2.4: "The asterisk-form of request-target is only used for a server-wide OPTIONS".
  if (method != "OPTIONS") return Bad("the target * is for OPTIONS");
  result.path = target;
  return result;
}

bool IsValidAuthority(std::string_view authority) {
  const char* const end = authority.data() + authority.size();
  const char* host_end = nullptr;
  if (authority.starts_with('[')) {
    const size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return false;
    if (!IsIpLiteral(authority.substr(1, bracket - 1))) return false;
    host_end = authority.data() + bracket + 1;
  } else {
    host_end = EndOfRegName(authority.data(), end);
  }
  return host_end == end || (*host_end == ':' && IsPort({host_end + 1, end}));
}

}  // namespace thalweg
