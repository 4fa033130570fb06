#include "live_load_response.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace thalweg::load {

ResponseReader::Got ResponseReader::Next() {
  std::string line;
  switch (at_) {
    case At::kHead: return ReadHead();
    case At::kLength:
    case At::kChunk:
      if (left_ != 0) return TakeBody();
      at_ = at_ == At::kLength ? At::kEnd : At::kChunkEnd;
      return Next();
    case At::kChunkSize: return ReadChunkSize();
    case At::kChunkEnd:
      if (!TakeLine(line)) return Got::kNothing;
      if (!line.empty()) return Got::kBroken;
      at_ = At::kChunkSize;
      return Next();
    case At::kEnd: at_ = At::kHead; return Got::kEnd;
  }
  return Got::kBroken;
}

ResponseReader::Got ResponseReader::ReadHead() {
  const size_t end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return Got::kNothing;
  const std::string text = in_.substr(0, end + 2);
  in_.erase(0, end + 4);
  if (!text.starts_with("HTTP/1.1 ")) return Got::kBroken;
  status_ = std::atoi(text.c_str() + 9);
  head_.clear();
  bool in_name = true;
  for (const char c : text.substr(text.find('\n'))) {
    if (c == ':') in_name = false;
    if (c == '\n') in_name = true;
    if (c != '\r') head_ += in_name ? static_cast<char>(std::tolower(c)) : c;
  }
  const std::string length = Header("content-length");
  const bool chunked = Header("transfer-encoding") == "chunked";
  const bool bodiless = status_ == 204 || status_ == 304;
  if (bodiless ? chunked || !length.empty() : chunked == !length.empty()) return Got::kBroken;
  left_ = length.empty() ? 0 : std::stoull(length);
  at_ = chunked ? At::kChunkSize : At::kLength;
  return Got::kHead;
}

ResponseReader::Got ResponseReader::ReadChunkSize() {
  std::string line;
  if (!TakeLine(line)) return Got::kNothing;
  char* end = nullptr;
  left_ = std::strtoull(line.c_str(), &end, 16);
  if (line.empty() || *end != '\0') return Got::kBroken;
  at_ = At::kChunk;
  if (left_ != 0) return Next();
  if (in_.size() < 2) {
    // The blank line behind the last chunk is on its way.
    in_.insert(0, line + "\r\n");
    at_ = At::kChunkSize;
    return Got::kNothing;
  }
  if (!in_.starts_with("\r\n")) return Got::kBroken;
  in_.erase(0, 2);
  at_ = At::kEnd;
  return Next();
}

ResponseReader::Got ResponseReader::TakeBody() {
  if (in_.empty()) return Got::kNothing;
  const size_t length = std::min<uint64_t>(left_, in_.size());
  body_ = in_.substr(0, length);
  in_.erase(0, length);
  left_ -= length;
  return Got::kBody;
}

bool ResponseReader::TakeLine(std::string& line) {
  const size_t end = in_.find("\r\n");
  if (end == std::string::npos) return false;
  line = in_.substr(0, end);
  in_.erase(0, end + 2);
  return true;
}

std::string ResponseReader::Header(std::string_view lower_case_name) const {
  const std::string name = "\n" + std::string(lower_case_name) + ": ";
  const size_t at = head_.find(name);
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size();
  return head_.substr(begin, head_.find('\n', begin) - begin);
}

}  // namespace thalweg::load
