#include "net/framing.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/decimal.h"
#include "net/byte_runs.h"
#include "net/request_target.h"

namespace thalweg {

namespace {

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return Is(ByteKind::kToken, c); });
}

// The codings that RFC 9112 7 and its registry name, but for "chunked".
bool IsRegisteredCoding(std::string_view coding) {
  for (std::string_view known :
       {"gzip", "x-gzip", "deflate", "compress", "x-compress", "identity"}) {
    if (EqualIgnoringCase(coding, known)) return true;
  }
  return false;
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

}  // namespace

void Framing::Note(const HeaderField& field, size_t index) {
  const std::string_view name = field.name;
  switch (name.size()) {  // which alone rules out nearly all others
    case 4:
      if (name != "host") return;
      ++hosts_;
      host_index_ = index;
      return;
    case 6:
      if (name == "expect") NoteExpectation(field.value);
      return;
    case 10:
      if (name != "connection") return;
      ForEachElement(field.value, [this](std::string_view option) { NoteOption(option); });
      return;
    case 14:
      if (name == "content-length") NoteLength(field.value);
      return;
    case 17:
      if (name != "transfer-encoding") return;
      ++transfer_encodings_;
      ForEachElement(field.value, [this](std::string_view coding) { NoteCoding(coding); });
      return;
    default: return;
  }
}

// RFC 9112 6.3: a valid Content-Length is 1*DIGIT, once. "If a message is received without
// Transfer-Encoding and with an invalid Content-Length header field, then the message framing is
// invalid and the recipient MUST treat it as an unrecoverable error". The list of equal values that
// it lets a recipient repair is refused, too: who sends it is confused or means harm.
void Framing::NoteLength(std::string_view value) {
  ++lengths_;
  const std::optional<uint64_t> length = ParseDecimal(value);
  content_length_ = length.value_or(0);
  malformed_length_ |= !length;
}

void Framing::NoteCoding(std::string_view coding) {
  chunked_last_ = EqualIgnoringCase(coding, "chunked");
  if (chunked_last_) {
    ++chunked_;
  } else if (IsToken(coding) && !IsRegisteredCoding(coding)) {
    unknown_coding_ = true;
  } else {
    other_coding_ = true;
  }
}

// RFC 9112 9.3: "If the "close" connection option is present, the connection will not persist",
// whatever else stands beside it.
void Framing::NoteOption(std::string_view option) {
  if (EqualIgnoringCase(option, "close")) close_ = true;
  if (EqualIgnoringCase(option, "keep-alive")) keep_alive_ = true;
}

void Framing::NoteExpectation(std::string_view expectation) {
  if (EqualIgnoringCase(expectation, "100-continue")) {
    expects_continue_ = true;
  } else {
    expects_else_ = true;
  }
}

std::optional<Rejection> Framing::Judge(std::span<const HeaderField> fields, bool http10) const {
  if (malformed_length_) return Rejection{400, "Content-Length is not a number"};
  if (const auto rejection = JudgeHost(HostOf(fields), http10)) return rejection;
  if (const auto rejection = JudgeLength(http10)) return rejection;
  // RFC 9110 10.1.1: a server that receives an Expect field value containing a member other than
  // 100-continue MAY respond with 417. It MUST ignore 100-continue in an HTTP/1.0 request.
  if (expects_else_ && !http10) {
    return Rejection{417, "the only expectation known here is 100-continue"};
  }
  return std::nullopt;
}

// RFC 9112 3.2: "A server MUST respond with a 400 status code to any HTTP/1.1 request message that
// lacks a Host header field and to any request message that contains more than one Host header
// field line or a Host header field with an invalid field value."
std::optional<Rejection> Framing::JudgeHost(std::string_view host, bool http10) const {
  if (hosts_ > 1) return Rejection{400, "more than one Host"};
  if (hosts_ == 0 && !http10) return Rejection{400, "no Host"};
  if (!IsValidAuthority(host)) return Rejection{400, "Host is not valid"};
  return std::nullopt;
}

std::optional<Rejection> Framing::JudgeLength(bool http10) const {
  if (lengths_ > 1) return Rejection{400, "more than one Content-Length"};
  if (transfer_encodings_ == 0) return std::nullopt;
  // RFC 9112 6.3: a message with both "might indicate an attempt to perform request smuggling ...
  // and ought to be handled as an error".
  if (lengths_ > 0) return Rejection{400, "both Content-Length and Transfer-Encoding"};
  // RFC 9112 6.1: "A server or client that receives an HTTP/1.0 message containing a
  // Transfer-Encoding header field MUST treat the message as if the framing is faulty".
  if (http10) return Rejection{400, "Transfer-Encoding in HTTP/1.0"};
  // RFC 9112 6.3: "If a Transfer-Encoding header field is present in a request and the chunked
  // transfer coding is not the final encoding ... the server MUST respond with the 400".
  if (!chunked_last_) return Rejection{400, "the last transfer coding is not chunked"};
  // RFC 9112 7.1: "A sender MUST NOT apply chunked more than once".
  if (chunked_ > 1) return Rejection{400, "chunked more than once"};
  if (other_coding_) return Rejection{400, "a transfer coding before chunked"};
  // RFC 9112 6.1: "A server that receives a request message with a transfer coding it does not
  // understand SHOULD respond with 501".
  if (unknown_coding_) return Rejection{501, "an unknown transfer coding"};
  return std::nullopt;
}

}  // namespace thalweg
