#include "net/request_head.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "net/byte_runs.h"
#include "net/field_line.h"
#include "net/request_target.h"

namespace thalweg {

namespace {

// RFC 9112 2.2: a server SHOULD ignore at least one empty line received prior to the request-line.
constexpr uint32_t kBlankLinesMax = 2;

constexpr size_t kKeptFields = 16;

// The registered methods that have no meaning here. RFC 9110 9.1: 405 is for a method that is
// known, 501 for one that is not.
constexpr std::string_view kOtherMethods[] = {
    "PATCH",     "TRACE",     "CONNECT",    "COPY",        "LOCK",  "MKCOL",    "MOVE",
    "PROPFIND",  "PROPPATCH", "SEARCH",     "UNLOCK",      "BIND",  "REBIND",   "UNBIND",
    "ACL",       "REPORT",    "MKACTIVITY", "CHECKOUT",    "MERGE", "M-SEARCH", "NOTIFY",
    "SUBSCRIBE", "PURGE",     "MKCALENDAR", "UNSUBSCRIBE", "LINK",  "UNLINK",   "SOURCE",
};

std::optional<Method> MethodOf(std::string_view name) {
  if (name == "POST") return Method::kPost;
  if (name == "GET") return Method::kGet;
  if (name == "PUT") return Method::kPut;
  if (name == "HEAD") return Method::kHead;
  if (name == "DELETE") return Method::kDelete;
  if (name == "OPTIONS") return Method::kOptions;
  if (std::ranges::find(kOtherMethods, name) != std::end(kOtherMethods)) return Method::kOther;
  return std::nullopt;
}

// `bytes` of a line or of fields, with the CR of the last line.
bool IsBeyond(size_t bytes, size_t max) { return bytes > max && bytes - max > 1; }

// The three characters of the version in " HTTP/1.1\r\n", or nothing.
// RFC 9112 2.3: HTTP-name "/" DIGIT "." DIGIT, "HTTP-name is case-sensitive".
std::string_view VersionAt(const char* at, const char* end) {
  constexpr std::string_view kName = " HTTP/";
  constexpr size_t kBytes = kName.size() + 3;
  if (end - at < static_cast<ptrdiff_t>(kBytes) || std::string_view(at, kName.size()) != kName) {
    return {};
  }
  const std::string_view version(at + kName.size(), 3);
  const bool well_formed = IsDigit(version[0]) && version[1] == '.' && IsDigit(version[2]);
  return well_formed && IsLineEnd(at + kBytes, end) ? version : std::string_view();
}

}  // namespace

RequestHead::Progress RequestHead::Read(std::span<char> bytes) {
  THALWEG_ASSERT(progress_ == Progress::kNeedMore);
  MoveTo(bytes.data());
  // A line that comes in pieces is looked at again once it is whole, not with every piece.
  if (searched_ > line_begin_ && !FindLineFeed(bytes)) return progress_;
  if (fields_begin_ == 0 && !(SkipBlankLines(bytes) && ReadRequestLine(bytes))) return progress_;
  while (ReadField(bytes)) {
  }
  return progress_;
}

// True: goes on. Like all of these: false says that progress_ tells how it stands.
bool RequestHead::SkipBlankLines(std::span<char> bytes) {
  const char* const end = bytes.data() + bytes.size();
  while (IsLineEnd(bytes.data() + line_begin_, end)) {
    if (++blank_lines_ > kBlankLinesMax) return Reject({400, "empty lines instead of a request"});
    line_begin_ += 2;
  }
  return true;
}

// RFC 9112 3: request-line = method SP request-target SP HTTP-version. Nothing but one SP separates
// them here; the lenient reading of 3 is where smugglers live.
bool RequestHead::ReadRequestLine(std::span<char> bytes) {
  const char* const line = bytes.data() + line_begin_;
  const char* const end = bytes.data() + bytes.size();
  const char* const method_end = EndOfRun(ByteKind::kToken, line, end);
  if (method_end == line || method_end == end || *method_end != ' ') {
    return OnTrouble(bytes, {400, "malformed method"});
  }
  const char* const target_end = EndOfTarget(method_end + 1, end);
  const std::string_view version = VersionAt(target_end, end);
  if (version.empty()) return OnTrouble(bytes, {400, "malformed request line"});

  const auto line_end = static_cast<size_t>(version.data() + version.size() + 1 - bytes.data());
  if (RejectIfTooLong(line_end)) return false;
  if (version[0] != '1') return Reject({505, "HTTP/1.1 and HTTP/1.0 are spoken here"});
  // RFC 9110 2.5: a recipient of "a higher minor version [...] SHOULD process the message as if it
  // was in the highest minor version within that major version to which the recipient is
  // conformant": all but 1.0 is 1.1.
  http10_ = version[2] == '0';
  if (!OnTarget({line, method_end}, {method_end + 1, target_end})) return false;
  fields_begin_ = line_begin_ = line_end + 1;
  return true;
}

bool RequestHead::OnTarget(std::string_view method, std::string_view target) {
  const auto parsed = ParseTarget(method, target);
  if (!parsed) return Reject(parsed.error());
  const std::optional<Method> known = MethodOf(method);
  method_known_ = known.has_value();
  request_.method = known.value_or(Method::kOther);
  request_.path = parsed->path;
  request_.query = parsed->query;
  request_.scheme = parsed->scheme.empty() ? std::string_view("http") : parsed->scheme;
  request_.authority = parsed->authority;
  return true;
}

bool RequestHead::ReadField(std::span<char> bytes) {
  char* const line = bytes.data() + line_begin_;
  char* const end = bytes.data() + bytes.size();
  if (IsLineEnd(line, end)) return OnEnd();
  if (line == end) return false;
  const FieldLine read = ReadFieldLine(line, end);
  if (read.end == nullptr) return OnTrouble(bytes, {400, read.wrong});
  const auto line_end = static_cast<size_t>(read.end - bytes.data()) - 1;
  if (RejectIfTooLong(line_end)) return false;
  if (fields_.size() >= limits_.header_count_max) {
    return Reject({431, "more header fields than this server takes"});
  }
  framing_.Note(read.field, fields_.size());
  fields_.push_back(read.field);
  line_begin_ = line_end + 1;
  return true;
}

// The line at hand was read in vain: it is not whole, or not valid. It is judged once it is whole.
bool RequestHead::OnTrouble(std::span<char> bytes, Rejection rejection) {
  if (!FindLineFeed(bytes)) return false;
  if (searched_ == line_begin_ || bytes[searched_ - 1] != '\r') {
    return Reject({400, "a bare LF"});
  }
  if (fields_begin_ > 0 && fields_.size() >= limits_.header_count_max) {
    return Reject({431, "more header fields than this server takes"});
  }
  return Reject(rejection);
}

// Looks for the end of the line at hand where it was not looked for before.
bool RequestHead::FindLineFeed(std::span<char> bytes) {
  const size_t from = std::max(searched_, line_begin_);
  const size_t left = bytes.size() - from;
  const void* const lf = left == 0 ? nullptr : std::memchr(bytes.data() + from, '\n', left);
  searched_ = lf == nullptr ? bytes.size()
                            : static_cast<size_t>(static_cast<const char*>(lf) - bytes.data());
  return !RejectIfTooLong(searched_) && lf != nullptr;
}

// True: refused. `line_end`: of the LF of the line at hand, or of what has come of it.
bool RequestHead::RejectIfTooLong(size_t line_end) {
  if (fields_begin_ == 0) {
    if (!IsBeyond(line_end - line_begin_, limits_.request_line_bytes_max)) return false;
    Reject({414, "the request line is longer than this server takes"});
  } else {
    if (!IsBeyond(line_end - fields_begin_, limits_.header_bytes_max)) return false;
    Reject({431, "the header fields are longer than this server takes"});
  }
  return true;
}

// The empty line that ends the head was found.
bool RequestHead::OnEnd() {
  if (RejectIfTooLong(line_begin_ + 1)) return false;
  if (!method_known_) return Reject({501, "a method that is not known here"});
  if (const auto rejection = framing_.Judge(fields_, http10_)) return Reject(*rejection);
  // RFC 9112 3.2.2: "the server MUST ignore the received Host header field (if any) and instead
  // replace it with the host information of the request-target".
  if (request_.authority.empty()) request_.authority = framing_.HostOf(fields_);
  request_.headers = fields_;
  line_begin_ += 2;
  progress_ = Progress::kWhole;
  return false;
}

bool RequestHead::Reject(Rejection rejection) {
  rejection_ = rejection;
  progress_ = Progress::kRejected;
  return false;
}

void RequestHead::MoveTo(const char* to) {
  const char* const from = std::exchange(base_, to);
  if (line_begin_ == 0 || from == to) return;
  const auto move = [from, to, this](std::string_view& view) {
    // Else it is a literal, or nothing yet.
    if (view.data() < from || view.data() > from + line_begin_) return;
    view = {to + (view.data() - from), view.size()};
  };
  move(request_.path);
  move(request_.query);
  move(request_.authority);
  for (HeaderField& field : fields_) {
    move(field.name);
    move(field.value);
  }
}

void RequestHead::Clear() {
  base_ = nullptr;
  line_begin_ = searched_ = fields_begin_ = 0;
  blank_lines_ = 0;
  http10_ = method_known_ = false;
  progress_ = Progress::kNeedMore;
  request_ = Request();
  fields_.clear();
  framing_ = Framing();
  rejection_.reset();
}

void RequestHead::ReleaseMemory() {
  if (fields_.capacity() > kKeptFields) std::vector<HeaderField>().swap(fields_);
}

}  // namespace thalweg
