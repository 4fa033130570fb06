#include "net/http1_parser.h"

#include <llhttp.h>

#include <algorithm>
#include <cstring>

#include "base/ascii.h"
#include "base/assert.h"

namespace thalweg {

namespace {

// RFC 9112 2.2: a server SHOULD ignore at least one empty line received prior to the request-line.
constexpr uint32_t kBlankLinesMax = 2;

// A body's memory grows with what arrives beyond this, so that a mere promise costs little.
constexpr size_t kReserveMax = 1u << 20;

// What a string or vector may keep of its memory between two requests.
constexpr size_t kKeptBytes = 512;
constexpr size_t kKeptFields = 16;

void Release(std::string& text) {
  text.clear();
  if (text.capacity() > kKeptBytes) std::string().swap(text);
}

std::string_view Trimmed(std::string_view value) {
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

Method MethodOf(llhttp_method_t method) {
  switch (method) {
    case HTTP_GET: return Method::kGet;
    case HTTP_HEAD: return Method::kHead;
    case HTTP_PUT: return Method::kPut;
    case HTTP_POST: return Method::kPost;
    case HTTP_DELETE: return Method::kDelete;
    case HTTP_OPTIONS: return Method::kOptions;
    default: return Method::kOther;
  }
}

}  // namespace

// What llhttp finds in one whole head.
struct Http1Parser::HeadSink {
  std::vector<HeaderField>& fields;
  std::string_view name;
  std::string_view value;
  bool complete = false;

  // A span may come in pieces, which stand side by side.
  static void Extend(std::string_view& span, const char* at, size_t length) {
    span = span.empty() ? std::string_view(at, length)
                        : std::string_view(span.data(), at + length - span.data());
  }

  static HeadSink& Of(llhttp_t* parser) { return *static_cast<HeadSink*>(parser->data); }

  static int OnField(llhttp_t* parser, const char* at, size_t length) {
    Extend(Of(parser).name, at, length);
    return 0;
  }
  static int OnValue(llhttp_t* parser, const char* at, size_t length) {
    Extend(Of(parser).value, at, length);
    return 0;
  }
  static int OnValueComplete(llhttp_t* parser) {
    HeadSink& sink = Of(parser);
    sink.fields.push_back({sink.name, Trimmed(sink.value)});
    sink.name = sink.value = {};
    return 0;
  }
  // The body is not for llhttp: its strict mode refuses what RFC 9112 7.1.1 tells to ignore.
  static int OnHeadersComplete(llhttp_t* parser) {
    Of(parser).complete = true;
    return HPE_PAUSED;
  }

  static llhttp_settings_t Settings() {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_header_field = OnField;
    settings.on_header_value = OnValue;
    settings.on_header_value_complete = OnValueComplete;
    settings.on_headers_complete = OnHeadersComplete;
    return settings;
  }
};

void Http1Parser::Feed(std::span<char> bytes) {
  THALWEG_ASSERT(input_.data() == nullptr || input_.data() == left_over_.data());
  if (left_over_.empty()) {
    begin_ = 0;
    input_ = bytes;
    return;
  }
  left_over_.append(bytes.data(), bytes.size());
  input_ = left_over_;
}

Http1Parser::Event Http1Parser::Next() {
  if (state_ == State::kHead) ScanHead();
  if (state_ == State::kSized || state_ == State::kChunked) ReadBody();
  switch (state_) {
    case State::kReady: return Event::kRequest;
    case State::kRejected: return Event::kRejected;
    case State::kHead:
    case State::kSized:
    case State::kChunked: return Event::kNeedMore;
  }
  AssertionFailed("unknown state", __FILE__, __LINE__);
}

void Http1Parser::Consume() {
  THALWEG_ASSERT(state_ == State::kReady);
  state_ = State::kHead;
  head_owned_ = body_owned_ = false;
  request_ = Request();
  head_view_ = {};
  fields_.clear();
  Release(head_);
  Release(body_);
  chunks_.reset();
  line_begin_ = searched_ = request_line_bytes_ = 0;
  blank_lines_ = line_count_ = 0;
}

void Http1Parser::Retain() {
  if (state_ == State::kReady) {
    OwnHead();
    if (!body_owned_) {
      body_.assign(request_.body);
      request_.body = body_;
      body_owned_ = true;
    }
  }
  if (state_ == State::kRejected) begin_ = input_.size();
  if (input_.data() == left_over_.data() && !left_over_.empty()) {
    left_over_.erase(0, begin_);
    if (left_over_.empty()) Release(left_over_);
  } else {
    left_over_.assign(unread());
  }
  input_ = left_over_;
  begin_ = 0;
  if (state_ == State::kHead && fields_.capacity() > kKeptFields)
    std::vector<HeaderField>().swap(fields_);
}

Http1Parser::Phase Http1Parser::phase() const {
  switch (state_) {
    case State::kHead: return unread().empty() ? Phase::kIdle : Phase::kHead;
    case State::kSized:
    case State::kChunked: return Phase::kBody;
    case State::kReady: return Phase::kReady;
    case State::kRejected: return Phase::kRejected;
  }
  AssertionFailed("unknown state", __FILE__, __LINE__);
}

size_t Http1Parser::held_bytes() const {
  return left_over_.capacity() + head_.capacity() + body_.capacity() +
         fields_.capacity() * sizeof(HeaderField);
}

Http1Parser::Event Http1Parser::Reject(Rejection rejection) {
  rejection_ = rejection;
  state_ = State::kRejected;
  return Event::kRejected;
}

// Looks at whole lines, up to the empty one that ends the head.
void Http1Parser::ScanHead() {
  while (state_ == State::kHead) {
    char* const head = input_.data() + begin_;
    const size_t available = input_.size() - begin_;
    void* const lf = searched_ < available
                         ? std::memchr(head + searched_, '\n', available - searched_)
                         : nullptr;
    const size_t line_end =
        lf == nullptr ? available : static_cast<size_t>(static_cast<char*>(lf) - head);
    CheckLineLimit(line_end - line_begin_);
    if (state_ == State::kRejected) return;
    searched_ = line_end;
    if (lf == nullptr) return;
    const bool head_ends = OnLine({head + line_begin_, line_end - line_begin_});
    if (state_ == State::kRejected) return;
    searched_ = line_begin_ = line_end + 1;
    if (head_ends) OnHeadEnd(line_begin_);
    if (line_count_ == 0) {  // an empty line before the request
      begin_ += line_begin_;
      searched_ = line_begin_ = 0;
    }
  }
}

// Before a line is looked at, and again and again while it arrives, so that the answer is the same
// at every split. `line_bytes`: up to the LF, with the CR.
void Http1Parser::CheckLineLimit(size_t line_bytes) {
  if (line_count_ == 0) {
    if (line_bytes > limits_.request_line_bytes_max + 1) {
      Reject({414, "the request line is longer than this server takes"});
    }
    return;
  }
  const size_t before = line_begin_ - request_line_bytes_;
  if (before + line_bytes > limits_.header_bytes_max + 1) {
    Reject({431, "the header fields are longer than this server takes"});
  }
}

// True: this was the empty line that ends the head.
bool Http1Parser::OnLine(std::span<char> line) {
  // RFC 9112 2.2: "a recipient MAY recognize a single LF as a line terminator": this one does not,
  // because others on the way may not.
  if (line.empty() || line.back() != '\r') {
    Reject({400, "a bare LF"});
    return false;
  }
  line = line.first(line.size() - 1);
  if (line.empty() && line_count_ > 0) return true;
  if (line.empty()) {
    if (++blank_lines_ > kBlankLinesMax) Reject({400, "empty lines instead of a request"});
    return false;
  }
  if (line_count_ == 0) {
    OnRequestLine({line.data(), line.size()});
  } else {
    OnFieldLine(line);
  }
  ++line_count_;
  return false;
}

void Http1Parser::OnRequestLine(std::string_view line) {
  const auto split = SplitRequestLine(line);
  if (!split) {
    Reject(split.error());
    return;
  }
  const auto target = ParseTarget(*split);
  if (!target) {
    Reject(target.error());
    return;
  }
  http10_ = split->http10;
  method_bytes_ = split->method.size();
  target_bytes_ = split->target.size();
  request_line_bytes_ = line.size() + 2;
  if (split->method == "HEAD") request_.method = Method::kHead;
}

void Http1Parser::OnFieldLine(std::span<char> line) {
  if (line_count_ > limits_.header_count_max) {
    Reject({431, "more header fields than this server takes"});
    return;
  }
  if (const auto rejection = CheckFieldLine({line.data(), line.size()})) {
    Reject(*rejection);
    return;
  }
  const size_t name_bytes = FieldNameBytes({line.data(), line.size()});
  for (char& c : line.first(name_bytes)) c = LowerAscii(c);
}

void Http1Parser::OnHeadEnd(size_t head_bytes) {
  const std::string_view head = unread().substr(0, head_bytes);
  head_view_ = head;
  RunLlhttp(head);
  if (state_ == State::kRejected) return;
  const auto judged = JudgeFields(fields_, http10_);
  if (!judged) {
    Reject(judged.error());
    return;
  }
  framing_ = *judged;
  // It was judged when the line came; now its bytes stay where they are.
  const auto target = ParseTarget({.method = head.substr(0, method_bytes_),
                                   .target = head.substr(method_bytes_ + 1, target_bytes_),
                                   .http10 = http10_});
  request_.path = target->path;
  request_.query = target->query;
  request_.scheme = target->scheme.empty() ? std::string_view("http") : target->scheme;
  // RFC 9112 3.2.2: "the server MUST ignore the received Host header field (if any) and instead
  // replace it with the host information of the request-target".
  request_.authority = target->authority.empty() ? framing_.host : target->authority;
  request_.headers = fields_;
  begin_ += head_bytes;
  OnFramed();
}

void Http1Parser::RunLlhttp(std::string_view head) {
  static const llhttp_settings_t settings = HeadSink::Settings();
  HeadSink sink{fields_, {}, {}};
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  parser.data = &sink;
  const llhttp_errno_t error = llhttp_execute(&parser, head.data(), head.size());
  if (!sink.complete) {
    if (error == HPE_INVALID_METHOD) {
      Reject({501, "a method that is not known here"});
    } else if (error == HPE_INVALID_VERSION) {
      Reject({505, "HTTP/1.1 and HTTP/1.0 are spoken here"});
    } else {
      Reject({400, "malformed request"});
    }
    return;
  }
  request_.method = MethodOf(static_cast<llhttp_method_t>(parser.method));
}

void Http1Parser::OnFramed() {
  if (framing_.chunked) {
    chunks_.emplace(ChunkedDecoder::Limits{limits_.body_bytes_max, limits_.header_bytes_max});
    state_ = State::kChunked;
  } else if (framing_.content_length > limits_.body_bytes_max) {
    Reject({413, "the body is longer than this server takes"});
    return;
  } else {
    state_ = State::kSized;
  }
  awaits_continue_ = framing_.expects_continue && (framing_.chunked || framing_.content_length > 0);
}

void Http1Parser::ReadBody() {
  if (!unread().empty()) awaits_continue_ = false;
  if (state_ == State::kSized) {
    ReadSizedBody();
  } else {
    ReadChunkedBody();
  }
  if (state_ == State::kSized || state_ == State::kChunked) OwnHead();
}

void Http1Parser::ReadSizedBody() {
  const std::string_view input = unread();
  const size_t missing = static_cast<size_t>(framing_.content_length) - body_.size();
  if (body_.empty() && input.size() >= missing) {  // all in one place: no copy
    request_.body = input.substr(0, missing);
    begin_ += missing;
    state_ = State::kReady;
    return;
  }
  if (body_.empty()) body_.reserve(std::min(missing, kReserveMax));
  const size_t taken = std::min(missing, input.size());
  body_.append(input.substr(0, taken));
  begin_ += taken;
  if (taken < missing) return;
  request_.body = body_;
  body_owned_ = true;
  state_ = State::kReady;
}

void Http1Parser::ReadChunkedBody() {
  std::string_view input = unread();
  const std::optional<Rejection> rejection = chunks_->Decode(input, body_);
  begin_ = input_.size() - input.size();
  if (rejection) {
    Reject(*rejection);
  } else if (chunks_->done()) {
    request_.body = body_;
    body_owned_ = true;
    state_ = State::kReady;
  }
}

// Copies the head out of the input, which will go away before the request is whole or dispatched.
void Http1Parser::OwnHead() {
  if (head_owned_) return;
  head_.assign(head_view_);
  Rebase(head_view_.data(), head_.data());
  head_view_ = head_;
  head_owned_ = true;
}

// The head's bytes have moved from `from` to `to`.
void Http1Parser::Rebase(const char* from, const char* to) {
  const auto move = [from, to, this](std::string_view& view) {
    if (view.data() < from || view.data() > from + head_view_.size()) return;  // a literal
    view = {to + (view.data() - from), view.size()};
  };
  move(request_.path);
  move(request_.query);
  move(request_.scheme);
  move(request_.authority);
  for (HeaderField& field : fields_) {
    move(field.name);
    move(field.value);
  }
}

}  // namespace thalweg
