#include "net/http1_guards.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace thalweg {

namespace {

using ByteSet = std::array<bool, 256>;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

constexpr ByteSet AlphanumericAnd(std::string_view others) {
  ByteSet set{};
  for (int c = 0; c < 128; ++c) {
    const char byte = static_cast<char>(c);
    set[static_cast<size_t>(c)] =
        IsAlpha(byte) || IsDigit(byte) || others.find(byte) != std::string_view::npos;
  }
  return set;
}

// RFC 9110 5.6.2: token = 1*tchar.
constexpr ByteSet kTokenBytes = AlphanumericAnd("!#$%&'*+-.^_`|~");

// RFC 3986 3.2.2: reg-name = *( unreserved / pct-encoded / sub-delims ).
constexpr ByteSet kRegNameBytes = AlphanumericAnd("-._~!$&'()*+,;=");

bool Holds(const ByteSet& set, char c) { return set[static_cast<unsigned char>(c)]; }

bool IsToken(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return Holds(kTokenBytes, c); });
}

// Eight bytes in one word: what is left is 0 where no byte is below `limit`, or equal to `byte`.
constexpr uint64_t kEach = 0x0101010101010101;
constexpr uint64_t Below(uint64_t word, uint64_t limit) {
  return (word - kEach * limit) & ~word & (kEach << 7);
}
constexpr uint64_t Equal(uint64_t word, char byte) {
  return Below(word ^ (kEach * static_cast<unsigned char>(byte)), 1);
}

// Whether `judge` leaves something of any eight bytes of `text`. Word by word instead of byte by
// byte: 400 instructions less for a request, 3 % of those of an append (docs/BENCHMARKS.md).
template <typename Judge>
bool AnyWord(std::string_view text, Judge judge) {
  uint64_t word = 0;
  for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
    std::memcpy(&word, text.data(), sizeof word);
    if (judge(word) != 0) return true;
  }
  word = kEach * 'a';  // harmless
  std::memcpy(&word, text.data(), text.size());
  return judge(word) != 0;
}

// Control bytes, but for the tab.
bool HoldsControl(std::string_view text) {
  const auto judge = [](uint64_t word) { return Below(word, 0x20) | Equal(word, 0x7f); };
  return AnyWord(text, judge) && std::any_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return (byte < 0x20 && c != '\t') || byte == 0x7f;
         });
}

// RFC 9112 3.2: "No whitespace is allowed in the request-target", and RFC 3986 has no control
// bytes, no bytes beyond ASCII, and no fragment in it.
bool IsTargetText(std::string_view text) {
  return !AnyWord(text, [](uint64_t word) {
    return Below(word, 0x21) | (word & (kEach << 7)) | Equal(word, 0x7f) | Equal(word, '#');
  });
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::unexpected<Rejection> Bad(std::string_view detail) {
  return std::unexpected(Rejection{400, detail});
}

// Calls `visit` with each element of a comma-separated list.
template <typename Visit>
void ForEachElement(std::string_view list, Visit visit) {
  while (true) {
    const size_t comma = list.find(',');
    visit(Trimmed(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool IsPort(std::string_view port) {
  if (!std::all_of(port.begin(), port.end(), [](char c) { return IsDigit(c); })) return false;
  unsigned value = 0;
  const std::from_chars_result end = std::from_chars(port.begin(), port.end(), value);
  return port.empty() || (end.ec == std::errc() && value <= 65535);
}

bool IsRegName(std::string_view name) {
  for (size_t i = 0; i < name.size(); ++i) {
    if (Holds(kRegNameBytes, name[i])) continue;
    if (name[i] != '%' || i + 2 >= name.size() || !IsHex(name[i + 1]) || !IsHex(name[i + 2])) {
      return false;
    }
    i += 2;
  }
  return true;
}

bool IsIpLiteral(std::string_view address) {
  return address.size() >= 2 && address.find(':') != std::string_view::npos &&
         std::all_of(address.begin(), address.end(),
                     [](char c) { return IsHex(c) || c == ':' || c == '.'; });
}

// RFC 9112 3.2.2: a server MUST accept the absolute-form in requests even though most HTTP/1.1
// clients will only send the absolute-form to a proxy.
std::expected<RequestTarget, Rejection> ParseAbsolute(const RequestLine& line) {
  const size_t colon = line.target.find("://");
  const std::string_view scheme = line.target.substr(0, colon);
  RequestTarget target;
  if (EqualsIgnoringCase(scheme, "http")) target.scheme = "http";
  if (EqualsIgnoringCase(scheme, "https")) target.scheme = "https";
  if (colon == std::string_view::npos || target.scheme.empty()) {
    return Bad("the request target is neither a path nor an http URL");
  }
  std::string_view rest = line.target.substr(colon + 3);
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
  const size_t question = std::min(rest.find('?'), rest.size());
  target.path = rest.substr(0, question);
  target.query = question < rest.size() ? rest.substr(question + 1) : std::string_view();
  if (target.path.empty()) {
    // RFC 9112 3.2.4: an OPTIONS for a URI with an empty path and no query is the asterisk form.
    target.path = line.method == "OPTIONS" && question == rest.size() ? "*" : "/";
  }
  return target;
}

// RFC 9112 6.3: a valid Content-Length is 1*DIGIT, once. "If a message is received without
// Transfer-Encoding and with an invalid Content-Length header field, then the message framing is
// invalid and the recipient MUST treat it as an unrecoverable error". The list of equal values that
// it lets a recipient repair is refused, too: who sends it is confused or means harm.
std::optional<uint64_t> ContentLength(std::string_view value) {
  uint64_t length = 0;
  if (value.empty() ||
      !std::all_of(value.begin(), value.end(), [](char c) { return IsDigit(c); })) {
    return std::nullopt;
  }
  const std::from_chars_result end = std::from_chars(value.begin(), value.end(), length);
  if (end.ec != std::errc()) return std::nullopt;
  return length;
}

// The codings that RFC 9112 7 and its registry name, but for "chunked".
bool IsRegisteredCoding(std::string_view coding) {
  for (std::string_view known :
       {"gzip", "x-gzip", "deflate", "compress", "x-compress", "identity"}) {
    if (EqualsIgnoringCase(coding, known)) return true;
  }
  return false;
}

// What the fields say before it is judged as a whole.
struct Seen {
  int hosts = 0;
  int lengths = 0;
  int transfer_encodings = 0;
  int chunked = 0;          // codings called so, in all fields together
  int unknown_codings = 0;  // that no registry has
  int other_codings = 0;    // neither of these
  bool chunked_last = false;
  bool close = false;
  bool keep_alive = false;
};

void NoteCoding(std::string_view coding, Seen& seen) {
  seen.chunked_last = EqualsIgnoringCase(coding, "chunked");
  if (seen.chunked_last) {
    ++seen.chunked;
  } else if (IsToken(coding) && !IsRegisteredCoding(coding)) {
    ++seen.unknown_codings;
  } else {
    ++seen.other_codings;
  }
}

// RFC 9112 9.3: "If the "close" connection option is present, the connection will not persist",
// whatever else stands beside it.
void NoteConnection(std::string_view option, Seen& seen) {
  if (EqualsIgnoringCase(option, "close")) seen.close = true;
  if (EqualsIgnoringCase(option, "keep-alive")) seen.keep_alive = true;
}

std::optional<Rejection> NoteField(const HeaderField& field, bool http10, Seen& seen,
                                   Framing& framing) {
  if (field.name == "host") {
    ++seen.hosts;
    framing.host = field.value;
  } else if (field.name == "content-length") {
    ++seen.lengths;
    const std::optional<uint64_t> length = ContentLength(field.value);
    if (!length) return Rejection{400, "Content-Length is not a number"};
    framing.content_length = *length;
  } else if (field.name == "transfer-encoding") {
    ++seen.transfer_encodings;
    ForEachElement(field.value, [&seen](std::string_view coding) { NoteCoding(coding, seen); });
  } else if (field.name == "connection") {
    ForEachElement(field.value, [&seen](std::string_view option) { NoteConnection(option, seen); });
  } else if (field.name == "expect" && !http10) {
    // RFC 9110 10.1.1: a server that receives an Expect field value containing a member other than
    // 100-continue MAY respond with 417. It MUST ignore 100-continue in an HTTP/1.0 request.
    if (!EqualsIgnoringCase(field.value, "100-continue")) {
      return Rejection{417, "the only expectation known here is 100-continue"};
    }
    framing.expects_continue = true;
  }
  return std::nullopt;
}

// RFC 9112 3.2: "A server MUST respond with a 400 status code to any HTTP/1.1 request message that
// lacks a Host header field and to any request message that contains more than one Host header
// field line or a Host header field with an invalid field value."
std::optional<Rejection> JudgeHost(const Seen& seen, std::string_view host, bool http10) {
  if (seen.hosts > 1) return Rejection{400, "more than one Host"};
  if (seen.hosts == 0 && !http10) return Rejection{400, "no Host"};
  if (!IsValidAuthority(host)) return Rejection{400, "Host is not valid"};
  return std::nullopt;
}

std::optional<Rejection> JudgeLength(const Seen& seen, bool http10) {
  if (seen.lengths > 1) return Rejection{400, "more than one Content-Length"};
  if (seen.transfer_encodings == 0) return std::nullopt;
  // RFC 9112 6.3: a message with both "might indicate an attempt to perform request smuggling ...
  // and ought to be handled as an error".
  if (seen.lengths > 0) return Rejection{400, "both Content-Length and Transfer-Encoding"};
  // RFC 9112 6.1: "A server or client that receives an HTTP/1.0 message containing a
  // Transfer-Encoding header field MUST treat the message as if the framing is faulty".
  if (http10) return Rejection{400, "Transfer-Encoding in HTTP/1.0"};
  // RFC 9112 6.3: "If a Transfer-Encoding header field is present in a request and the chunked
  // transfer coding is not the final encoding ... the server MUST respond with the 400".
  if (!seen.chunked_last) return Rejection{400, "the last transfer coding is not chunked"};
  // RFC 9112 7.1: "A sender MUST NOT apply chunked more than once".
  if (seen.chunked > 1) return Rejection{400, "chunked more than once"};
  if (seen.other_codings > 0) return Rejection{400, "a transfer coding before chunked"};
  // RFC 9112 6.1: "A server that receives a request message with a transfer coding it does not
  // understand SHOULD respond with 501".
  if (seen.unknown_codings > 0) return Rejection{501, "an unknown transfer coding"};
  return std::nullopt;
}

}  // namespace

std::expected<RequestLine, Rejection> SplitRequestLine(std::string_view line) {
  // RFC 9112 3: request-line = method SP request-target SP HTTP-version. Nothing but one SP
  // separates them here; the lenient reading of 3 is where smugglers live.
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Bad("malformed request line");
  RequestLine result;
  result.method = line.substr(0, first);
  result.target = line.substr(first + 1, last - first - 1);
  if (!IsToken(result.method)) return Bad("malformed method");
  if (!IsTargetText(result.target)) return Bad("a byte no request target may hold");
  // RFC 9112 2.3: HTTP-name "/" DIGIT "." DIGIT, "HTTP-name is case-sensitive".
  const std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/") || !IsDigit(version[5]) ||
      version[6] != '.' || !IsDigit(version[7])) {
    return Bad("malformed HTTP version");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return std::unexpected(Rejection{505, "HTTP/1.1 and HTTP/1.0 are spoken here"});
  }
  result.http10 = version.back() == '0';
  return result;
}

std::optional<Rejection> CheckFieldLine(std::string_view line) {
  // RFC 9112 5.2: "A server that receives an obs-fold in a request message ... MUST either reject
  // the message by sending a 400" or replace it. In trailers, too.
  if (line.front() == ' ' || line.front() == '\t') return Rejection{400, "a folded field line"};
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Rejection{400, "a field line without a colon"};
  // RFC 9112 5.1: "A server MUST reject, with a response status code of 400, any received request
  // message that contains whitespace between a header field name and colon." An empty name is no
  // token either.
  if (!IsToken(line.substr(0, colon))) return Rejection{400, "malformed field name"};
  // RFC 9110 5.5: "Field values containing CR, LF, or NUL characters are invalid and dangerous";
  // and RFC 9112 2.2: a bare CR is invalid. Other control bytes have no use here.
  if (HoldsControl(line.substr(colon + 1))) return Rejection{400, "a control byte in a field"};
  return std::nullopt;
}

size_t FieldNameBytes(std::string_view line) { return line.find(':'); }

std::expected<RequestTarget, Rejection> ParseTarget(const RequestLine& line) {
  // RFC 9112 3.2.3: the authority-form is only used for CONNECT, which an origin server of ours has
  // no use for.
  if (line.method == "CONNECT") return Bad("CONNECT is not for this server");
  if (line.target == "*") {
    // RFC 9112 3.2.4: "The asterisk-form of request-target is only used for a server-wide OPTIONS".
    if (line.method != "OPTIONS") return Bad("the target * is for OPTIONS");
    return RequestTarget{"", "", "*", ""};
  }
  if (line.target.empty() || line.target.front() != '/') return ParseAbsolute(line);
  const size_t question = std::min(line.target.find('?'), line.target.size());
  RequestTarget target;
  target.path = line.target.substr(0, question);
  if (question < line.target.size()) target.query = line.target.substr(question + 1);
  return target;
}

std::expected<Framing, Rejection> JudgeFields(std::span<const HeaderField> fields, bool http10) {
  Framing framing;
  Seen seen;
  std::optional<Rejection> expectation;
  for (const HeaderField& field : fields) {
    const std::optional<Rejection> rejection = NoteField(field, http10, seen, framing);
    if (rejection && rejection->status != 417) return std::unexpected(*rejection);
    if (rejection) expectation = rejection;
  }
  if (const auto rejection = JudgeHost(seen, framing.host, http10))
    return std::unexpected(*rejection);
  if (const auto rejection = JudgeLength(seen, http10)) return std::unexpected(*rejection);
  if (expectation) return std::unexpected(*expectation);
  framing.chunked = seen.transfer_encodings > 0;
  framing.keep_alive = !seen.close && (!http10 || seen.keep_alive);
  return framing;
}

bool IsValidAuthority(std::string_view authority) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return false;
    if (!IsIpLiteral(authority.substr(1, bracket - 1))) return false;
    port = authority.substr(bracket + 1);
    return port.empty() || (port.front() == ':' && IsPort(port.substr(1)));
  }
  const size_t colon = authority.find(':');
  if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  return IsRegName(authority.substr(0, colon)) && IsPort(port);
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

}  // namespace thalweg
