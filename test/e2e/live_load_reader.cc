#include "live_load_reader.h"

#include <array>
#include <utility>

namespace thalweg::load {
namespace {

std::string Base64Decode(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<uint32_t>(kAlphabet.find(c) & 63);
    if (++count % 4 != 1) out += static_cast<char>(bits >> (6 - 2 * ((count - 1) % 4)));
  }
  return out;
}

// The text behind `"name":"` up to the next quote.
std::string Field(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const size_t at = json.find(key);
  if (at == std::string::npos) return "";
  return json.substr(at + key.size(), json.find('"', at + key.size()) - at - key.size());
}

// A JSON answer as the stream's wire bytes: values, each with its comma.
std::optional<std::string> WireOfJson(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) return std::nullopt;
  std::string wire(text.substr(1, text.size() - 2));
  if (!wire.empty()) wire += ',';
  return wire;
}

}  // namespace

std::string_view ContentTypeOf(Kind kind) {
  static constexpr std::array<std::string_view, 3> kTypes = {"text/plain", "application/json",
                                                             "application/x-load"};
  return kTypes[static_cast<size_t>(kind)];
}

std::string Reader::Connect() {
  response_ = {};
  body_.clear();
  received_ = committed_;
  cursor_here_.reset();
  wants_new_connection_ = false;
  return Request();
}

std::string Reader::Request() const {
  std::string request = "GET " + stream_.path + "?offset=" + offset_ + "&live=";
  request += mode_ == Mode::kSse ? "sse" : "long-poll";
  if (cursor_) request += "&cursor=" + std::to_string(*cursor_);
  return request + " HTTP/1.1\r\nHost: load\r\n\r\n";
}

std::string Reader::Feed(std::string_view bytes) {
  response_.Feed(bytes);
  std::string next;
  while (!failed() && !done_) {
    switch (response_.Next()) {
      case ResponseReader::Got::kNothing: return next;
      case ResponseReader::Got::kHead: OnHead(); break;
      case ResponseReader::Got::kBody:
        body_ += response_.body();
        if (mode_ == Mode::kSse) OnEvents();
        break;
      case ResponseReader::Got::kEnd: next = OnEnd(); break;
      case ResponseReader::Got::kBroken: Fail("what came is no HTTP response"); break;
    }
  }
  return next;
}

void Reader::OnHead() {
  const int status = response_.status();
  cursor_sent_ = cursor_;
  const bool wanted = status == 200 || (mode_ == Mode::kLongPoll && status == 204);
  if (!wanted) return Fail("status " + std::to_string(status));
  const bool base64 = response_.Header("stream-sse-data-encoding") == "base64";
  if (mode_ == Mode::kSse && base64 != (stream_.kind == Kind::kBytes))
    Fail("wrong encoding header");
}

void Reader::OnEvents() {
  for (size_t end; !failed() && !done_ && (end = body_.find("\n\n")) != std::string::npos;) {
    const std::string event = body_.substr(0, end + 1);
    body_.erase(0, end + 2);
    if (!event.starts_with(':')) OnEvent(event);
  }
}

void Reader::OnEvent(std::string_view event) {
  std::string name, data;
  bool first = true;
  while (!event.empty()) {
    std::string_view line = event.substr(0, event.find('\n'));
    event.remove_prefix(line.size() + 1);
    const bool is_data = line.starts_with("data:");
    if (!is_data && !line.starts_with("event:")) return Fail("a line of no event");
    line.remove_prefix(is_data ? 5 : 6);
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (!is_data) {
      name = line;
      continue;
    }
    if (!first) data += '\n';
    first = false;
    data += line;
  }
  if (name == "data") return OnData(data);
  if (name == "control") return OnControl(data);
  Fail("an event called " + name);
}

void Reader::OnData(const std::string& data) {
  if (received_ != committed_) return Fail("two data events without a control between them");
  if (stream_.kind == Kind::kText) return Check(data);
  if (stream_.kind == Kind::kBytes) return Check(Base64Decode(data));
  const std::optional<std::string> wire = WireOfJson(data);
  if (!wire) return Fail("a JSON event that is no array");
  Check(*wire);
}

void Reader::OnControl(const std::string& json) {
  const bool closed = json.find("\"streamClosed\":true") != std::string::npos;
  Commit(Field(json, "streamNextOffset"), Field(json, "streamCursor"), closed);
}

std::string Reader::OnEnd() {
  if (mode_ == Mode::kSse) {
    if (!body_.empty()) Fail("the response ended inside an event");
    if (received_ != committed_) Fail("the response ended inside a pair");
    wants_new_connection_ = !failed() && !done_;
    return "";
  }
  OnLongPollAnswer();
  body_.clear();
  return failed() || done_ ? "" : Request();
}

void Reader::OnLongPollAnswer() {
  const std::string offset = response_.Header("stream-next-offset");
  if (response_.status() == 200) {
    const std::optional<std::string> wire =
        stream_.kind == Kind::kJson ? WireOfJson(body_) : std::optional(body_);
    if (!wire || wire->empty()) return Fail("a 200 without data");
    Check(*wire);
  } else if (offset_ != "-1" && offset != offset_) {
    return Fail("a 204 that moves from " + offset_ + " to " + offset);
  }
  if (!failed()) {
    Commit(offset, response_.Header("stream-cursor"), response_.Header("stream-closed") == "true");
  }
}

// Whatever comes must be the very next bytes: nothing lost, nothing twice, nothing out of order.
void Reader::Check(std::string_view wire) {
  if (std::string_view(stream_.written).substr(received_, wire.size()) != wire) {
    return Fail("wrong bytes after " + std::to_string(received_));
  }
  received_ += wire.size();
}

void Reader::Commit(const std::string& offset, const std::string& cursor, bool closed) {
  if (offset.empty()) return Fail("no next offset");
  if (offset_ != "-1" && (offset < offset_ || (offset == offset_) != (received_ == committed_))) {
    return Fail("offset " + offset + " after " + offset_);
  }
  offset_ = offset;
  committed_ = received_;
  if (closed) {
    done_ = stream_.closed && committed_ == stream_.written.size();
    if (!done_)
      Fail("closed at " + std::to_string(committed_) + " of " +
           std::to_string(stream_.written.size()));
    return;
  }
  if (cursor.empty()) return Fail("no cursor");
  const uint64_t now = std::stoull(cursor);
  if (cursor_here_ && now < *cursor_here_) return Fail("the cursor goes back");
  if (!cursor_here_ && cursor_sent_ && now <= *cursor_sent_) return Fail("the cursor stands still");
  cursor_ = cursor_here_ = now;
}

void Reader::Fail(std::string why) {
  if (failure_.empty()) failure_ = stream_.path + ": " + std::move(why);
}

}  // namespace thalweg::load
