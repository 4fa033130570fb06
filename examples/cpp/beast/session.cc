#include "session.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <ctime>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr size_t kHeaderBytesMax = 32u << 10;
constexpr uint64_t kBodyBytesMax = 64u << 20;
constexpr size_t kOutputBytesMax = 256u << 10;       // queued, then Write says false
constexpr auto kIdleMax = std::chrono::seconds(75);  // for a request, or to take an answer

thalweg::Method MethodOf(http::verb verb) {
  switch (verb) {
    case http::verb::get: return thalweg::Method::kGet;
    case http::verb::head: return thalweg::Method::kHead;
    case http::verb::put: return thalweg::Method::kPut;
    case http::verb::post: return thalweg::Method::kPost;
    case http::verb::delete_: return thalweg::Method::kDelete;
    case http::verb::options: return thalweg::Method::kOptions;
    default: return thalweg::Method::kOther;
  }
}

bool MayHaveBody(int status) { return status >= 200 && status != 204 && status != 304; }

std::string DateLine() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char line[48];
  return std::string(line, std::strftime(line, sizeof line, "Date: %a, %d %b %Y %T GMT\r\n", &utc));
}

std::string HexOf(size_t number) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, 16);
  return std::string(digits, end.ptr);
}

// The target's parts: origin-form, or absolute-form, which a server must accept, too.
struct Target {
  std::string_view authority;
  std::string_view path;
  std::string_view query;
};

Target SplitTarget(std::string_view target) {
  Target parts;
  if (constexpr std::string_view kHttp = "http://"; target.starts_with(kHttp)) {
    target.remove_prefix(kHttp.size());
    const size_t slash = std::min(target.find('/'), target.size());
    parts.authority = target.substr(0, slash);
    target.remove_prefix(slash);
  }
  const size_t question = target.find('?');
  parts.path = target.substr(0, question);
  if (question != std::string_view::npos) parts.query = target.substr(question + 1);
  return parts;
}

// Names in lower case, as Request wants them; values are borrowed from `fields`.
class LowerFields {
 public:
  explicit LowerFields(const http::fields& fields) {
    size_t bytes = 0;
    for (const auto& field : fields) bytes += field.name_string().size();
    names_.reserve(bytes);  // so that views of it stay
    for (const auto& field : fields) {
      const size_t begin = names_.size();
      for (const char c : field.name_string()) {
        names_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
      }
      list_.push_back({std::string_view(names_).substr(begin), field.value()});
    }
  }

  const std::vector<thalweg::HeaderField>& list() const { return list_; }

 private:
  std::string names_;
  std::vector<thalweg::HeaderField> list_;
};

}  // namespace

Session::Session(Tcp::socket socket, const Handler& handler)
    : socket_(std::move(socket)), handler_(handler), deadline_(socket_.get_executor()) {}

void Session::Drain() {
  closing_ = true;
  if (answering_ == nullptr && queued_.empty() && sending_.empty()) Close();
}

void Session::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  deadline_.cancel();
  queued_.clear();
  queued_bytes_ = 0;
  if (events_ == nullptr) return;  // nobody to tell: the handler ends an open answer itself
  const auto keep = std::exchange(answering_, nullptr);
  std::exchange(events_, nullptr)->OnCancel();
}

// --- reading -------------------------------------------------------------------------------------

// Handles what is in the buffer, one request at a time, then reads on. While an answer is open,
// too: so we hear when its client goes.
void Session::Proceed() {
  if (!socket_.is_open()) return;
  if (closing_ && answering_ == nullptr) {
    if (sending_.empty() && queued_.empty()) Close();
    return;
  }
  if (answering_ == nullptr && Parse()) HandleRequest();
  GiveTime();
  if (!reading_ && buffer_.size() < kReadBytes) Read();
}

void Session::Read() {
  reading_ = true;
  socket_.async_read_some(asio::buffer(input_), [self = shared_from_this()](
                                                    boost::system::error_code error, size_t bytes) {
    self->reading_ = false;
    if (error) return self->Close();
    const auto room = self->buffer_.prepare(bytes);
    self->buffer_.commit(asio::buffer_copy(room, asio::buffer(self->input_)));
    self->Proceed();
  });
}

// Whether a whole request is there. REQUIRES: no answer is open, so a request that is done is
// answered.
bool Session::Parse() {
  if (!parser_ || parser_->is_done()) {
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    continued_ = false;
  }
  while (buffer_.size() > 0 && !parser_->is_done()) {
    boost::system::error_code error;
    const size_t used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    if (error && error != http::error::need_more) {
      Refuse(error);
      return false;
    }
    if (error == http::error::need_more || used == 0) break;
  }
  if (!parser_->is_done() && parser_->is_header_done() && !continued_ &&
      boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    continued_ = true;
    Queue(thalweg::Bytes::Static("HTTP/1.1 100 Continue\r\n\r\n"));
    Flush();
  }
  return parser_->is_done();
}

// Answers what is no request, or too large, and hangs up.
void Session::Refuse(boost::system::error_code error) {
  std::string_view answer = "HTTP/1.1 400 Bad Request\r\n";
  if (error == http::error::body_limit) answer = "HTTP/1.1 413 Content Too Large\r\n";
  if (error == http::error::header_limit) {
    answer = "HTTP/1.1 431 Request Header Fields Too Large\r\n";
  }
  Queue(thalweg::Bytes::Static(answer));
  Queue(thalweg::Bytes::Static("Connection: close\r\nContent-Length: 0\r\n\r\n"));
  closing_ = true;
  Flush();
}

void Session::HandleRequest() {
  const auto& message = parser_->get();
  const LowerFields fields(message.base());
  const Target target = SplitTarget(message.target());
  thalweg::Request request;
  request.method = MethodOf(message.method());
  request.path = target.path.empty() ? "/" : target.path;
  request.query = target.query;
  request.scheme = "http";
  request.authority = target.authority;
  if (request.authority.empty()) request.authority = message[http::field::host];
  request.headers = fields.list();
  request.body = message.body();
  if (!message.keep_alive()) closing_ = true;
  answering_ = shared_from_this();
  handler_(request, *this);
}

// --- the responder -------------------------------------------------------------------------------

void Session::Start(int status, const thalweg::HeaderList& headers,
                    std::optional<uint64_t> content_length) {
  const auto& request = parser_->get();
  std::string head = "HTTP/1.1 " + std::to_string(status) + " ";
  head.append(http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status))));
  head.append("\r\n").append(headers.wire()).append(DateLine());
  if (MayHaveBody(status) && content_length) {
    head.append("Content-Length: ").append(std::to_string(*content_length)).append("\r\n");
  }
  if (!MayHaveBody(status) || request.method() == http::verb::head) {
    framing_ = Framing::kNone;
  } else if (content_length) {
    framing_ = Framing::kLength;
  } else if (request.version() == 11) {
    framing_ = Framing::kChunked;
    head.append("Transfer-Encoding: chunked\r\n");
  } else {
    framing_ = Framing::kUntilClose;
    closing_ = true;
  }
  if (closing_) head.append("Connection: close\r\n");
  Queue(thalweg::Bytes::Own(std::move(head.append("\r\n"))));
  Flush();
}

bool Session::Write(thalweg::Bytes bytes) {
  if (framing_ == Framing::kNone || bytes.empty()) return true;
  if (framing_ == Framing::kChunked) {
    Queue(thalweg::Bytes::Own(HexOf(bytes.size()) + "\r\n"));
    Queue(std::move(bytes));
    Queue(thalweg::Bytes::Static("\r\n"));
  } else {
    Queue(std::move(bytes));
  }
  Flush();
  waits_for_room_ = queued_bytes_ > kOutputBytesMax;
  return !waits_for_room_;
}

// Asio cannot send a file range, so it is read.
bool Session::WriteFile(thalweg::FileRange range) {
  std::string text(range.length, '\0');
  size_t have = 0;
  while (have < text.size()) {
    const auto at = static_cast<off_t>(range.begin + have);
    const ssize_t got = pread(range.fd, text.data() + have, text.size() - have, at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {  // the client must not take it for whole; not in this call, which has a caller
      asio::post(socket_.get_executor(), [self = shared_from_this()] { self->Close(); });
      return true;
    }
    have += static_cast<size_t>(got);
  }
  return Write(thalweg::Bytes::Own(std::move(text)));
}

void Session::Finish() {
  if (framing_ == Framing::kChunked) Queue(thalweg::Bytes::Static("0\r\n\r\n"));
  Flush();
  EndAnswer();
}

void Session::Abort() {
  events_ = nullptr;
  EndAnswer();
  Close();
}

// --- writing -------------------------------------------------------------------------------------

void Session::Queue(thalweg::Bytes bytes) {
  if (!socket_.is_open()) return;
  queued_bytes_ += bytes.size();
  queued_.push_back(std::move(bytes));
}

// Sends what is queued, all with one call, unless that is going on.
void Session::Flush() {
  if (!sending_.empty() || queued_.empty()) return;
  sending_.swap(queued_);
  queued_bytes_ = 0;
  std::vector<asio::const_buffer> buffers;
  for (const thalweg::Bytes& bytes : sending_) buffers.emplace_back(bytes.data(), bytes.size());
  asio::async_write(socket_, buffers,
                    [self = shared_from_this()](boost::system::error_code error, size_t) {
                      self->OnFlushed(error);
                    });
  GiveTime();
}

void Session::OnFlushed(boost::system::error_code error) {
  sending_.clear();
  if (error) return Close();
  Flush();
  GiveTime();
  if (!sending_.empty()) return;
  if (closing_ && answering_ == nullptr) return Close();
  if (std::exchange(waits_for_room_, false) && events_ != nullptr) events_->OnWritable();
}

// The responder is free; the next request is handled outside of this call.
void Session::EndAnswer() {
  events_ = nullptr;
  waits_for_room_ = false;
  const auto self = std::exchange(answering_, nullptr);
  asio::post(socket_.get_executor(), [self] { self->Proceed(); });
}

// A client has a while to send its request and to take an answer; an open answer may wait longer.
void Session::GiveTime() {
  if (!socket_.is_open()) return;
  deadline_.cancel();
  if (answering_ != nullptr && sending_.empty()) return;
  deadline_.expires_after(kIdleMax);
  deadline_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self) self->Close();
  });
}
