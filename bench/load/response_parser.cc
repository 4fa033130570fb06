#include "bench/load/response_parser.h"

#include <algorithm>
#include <charconv>

namespace thalweg::bench {
namespace {

constexpr size_t kPartialBytesMax = 64 << 10;
constexpr std::string_view kVersion = "HTTP/1.";
constexpr size_t kStatusAt = std::string_view("HTTP/1.1 ").size();

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

template <typename Number>
bool ParseNumber(std::string_view text, int base, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string_view ResponseHead::Field(std::string_view name) const {
  for (std::string_view rest = fields; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (!SameName(line.substr(0, name.size()), name)) continue;
    const size_t value = line.find_first_not_of(" \t", name.size() + 1);
    return value == std::string_view::npos ? "" : line.substr(value);
  }
  return "";
}

bool ResponseParser::Feed(std::string_view bytes, ResponseSink& sink) {
  while (!bytes.empty()) {
    if (!Step(bytes, sink)) return false;
  }
  return true;
}

void ResponseParser::Reset() {
  state_ = State::kHead;
  partial_.clear();
}

bool ResponseParser::Step(std::string_view& bytes, ResponseSink& sink) {
  switch (state_) {
    case State::kHead: return TakeHead(bytes, sink);
    case State::kBody:
    case State::kChunk: TakeBody(bytes, sink); return true;
    case State::kChunkSize:
    case State::kChunkEnd:
    case State::kTrailer: return TakeChunkLine(bytes, sink);
  }
  return false;
}

bool ResponseParser::TakeHead(std::string_view& bytes, ResponseSink& sink) {
  std::string_view text;
  if (!TakeUntil(bytes, "\r\n\r\n", text)) return partial_.size() <= kPartialBytesMax;
  ResponseHead head;
  const size_t line_end = text.find("\r\n");
  if (!text.starts_with(kVersion) || line_end < kStatusAt + 3) return false;
  if (!ParseNumber(text.substr(kStatusAt, 3), 10, head.status)) return false;
  head.fields = text.substr(line_end + 2, text.size() - line_end - 4);
  if (head.status >= 100 && head.status < 200) return true;  // another one follows
  sink.OnHead(head);
  return StartBody(head, sink);
}

bool ResponseParser::StartBody(const ResponseHead& head, ResponseSink& sink) {
  if (head.status == 204 || head.status == 304) {
    Finish(sink);
    return true;
  }
  if (SameName(head.Field("transfer-encoding"), "chunked")) {
    state_ = State::kChunkSize;
    return true;
  }
  if (!ParseNumber(head.Field("content-length"), 10, left_)) return false;
  state_ = State::kBody;
  if (left_ == 0) Finish(sink);
  return true;
}

void ResponseParser::TakeBody(std::string_view& bytes, ResponseSink& sink) {
  const size_t taken = std::min<uint64_t>(left_, bytes.size());
  left_ -= taken;
  sink.OnBody(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  if (left_ == 0) LeaveBody(sink);
}

uint64_t ResponseParser::body_left() const {
  return state_ == State::kBody || state_ == State::kChunk ? left_ : 0;
}

void ResponseParser::Skip(uint64_t bytes, ResponseSink& sink) {
  left_ -= bytes;
  sink.OnSkipped(bytes);
  if (left_ == 0) LeaveBody(sink);
}

void ResponseParser::LeaveBody(ResponseSink& sink) {
  if (state_ == State::kChunk) {
    state_ = State::kChunkEnd;
  } else {
    Finish(sink);
  }
}

bool ResponseParser::TakeChunkLine(std::string_view& bytes, ResponseSink& sink) {
  std::string_view line;
  if (!TakeUntil(bytes, "\r\n", line)) return partial_.size() <= kPartialBytesMax;
  line.remove_suffix(2);
  if (state_ == State::kTrailer) {
    if (line.empty()) Finish(sink);
    return true;
  }
  if (state_ == State::kChunkEnd) {
    state_ = State::kChunkSize;
    return line.empty();
  }
  if (!ParseNumber(line.substr(0, line.find(';')), 16, left_)) return false;
  state_ = left_ == 0 ? State::kTrailer : State::kChunk;
  return true;
}

// Takes what ends with `end` from what was kept and `bytes`; keeps what is there where it is not
// whole yet. `taken` is valid until the next call.
bool ResponseParser::TakeUntil(std::string_view& bytes, std::string_view end,
                               std::string_view& taken) {
  if (partial_.empty()) {
    const size_t at = bytes.find(end);
    if (at != std::string_view::npos) {
      taken = bytes.substr(0, at + end.size());
      bytes.remove_prefix(taken.size());
      return true;
    }
  }
  const size_t before = partial_.size();
  const size_t from = before - std::min(before, end.size() - 1);
  partial_ += bytes;
  const size_t at = partial_.find(end, from);
  if (at == std::string::npos) {
    bytes = {};
    return false;
  }
  bytes.remove_prefix(at + end.size() - before);
  partial_.resize(at + end.size());
  whole_.swap(partial_);
  partial_.clear();
  taken = whole_;
  return true;
}

void ResponseParser::Finish(ResponseSink& sink) {
  state_ = State::kHead;
  sink.OnEnd();
}

}  // namespace thalweg::bench
