#include "net/chunked_decoder.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/assert.h"
#include "net/field_line.h"

namespace thalweg {

std::optional<Rejection> ChunkedDecoder::Decode(std::string_view& input, std::string& body) {
  THALWEG_ASSERT(!done());
  while (!input.empty() && !done()) {
    if (state_ == State::kData) {
      const size_t taken = std::min<uint64_t>(chunk_bytes_, input.size());
      body.append(input.substr(0, taken));
      input.remove_prefix(taken);
      chunk_bytes_ -= taken;
      if (chunk_bytes_ == 0) state_ = State::kDataCr;
      continue;
    }
    const char c = input.front();
    input.remove_prefix(1);
    if (const auto rejection = OnFrameByte(c, body)) return rejection;
  }
  return std::nullopt;
}

std::optional<Rejection> ChunkedDecoder::OnFrameByte(char c, const std::string& body) {
  switch (state_) {
    case State::kFirstDigit:
    case State::kSize: return OnSizeByte(c, body);
    case State::kSpace:
    case State::kExtension: return OnExtensionByte(c, body);
    case State::kSizeLf: return Expect(c, '\n', chunk_bytes_ > 0 ? State::kData : State::kTrailer);
    case State::kDataCr: return Expect(c, '\r', State::kDataLf);
    case State::kDataLf: return Expect(c, '\n', State::kFirstDigit);
    case State::kTrailer: return OnTrailerByte(c);
    case State::kData:
    case State::kDone: break;
  }
  AssertionFailed("a frame byte in a state of frame bytes", __FILE__, __LINE__);
}

// RFC 9112 7.1: chunk-size = 1*HEXDIG, and "recipients MUST anticipate potentially large
// hexadecimal numerals and prevent parsing errors due to integer conversion overflows".
std::optional<Rejection> ChunkedDecoder::OnSizeByte(char c, const std::string& body) {
  const int digit = HexValue(c);
  if (digit >= 0) {
    if (state_ == State::kFirstDigit) chunk_bytes_ = 0;
    state_ = State::kSize;
    const bool overflows = chunk_bytes_ > UINT64_MAX / 16;
    chunk_bytes_ = chunk_bytes_ * 16 + static_cast<uint64_t>(digit);
    const uint64_t room = limits_.body_bytes_max - std::min(limits_.body_bytes_max, body.size());
    if (overflows || chunk_bytes_ > room) {
      return Rejection{413, "the body is longer than this server takes"};
    }
    return CountFraming(body);  // leading zeros are legal but need not be endless
  }
  if (state_ == State::kFirstDigit) return Rejection{400, "a chunk without a size"};
  if (c == '\r') {
    state_ = State::kSizeLf;
  } else if (c == ';') {
    state_ = State::kExtension;
  } else if (c == ' ' || c == '\t') {
    state_ = State::kSpace;
  } else {
    return Rejection{400, "malformed chunk size"};
  }
  return std::nullopt;
}

// RFC 9112 7.1.1: "A recipient MUST ignore unrecognized chunk extensions. A server ought to limit
// the total length of chunk extensions received in a request to an amount reasonable for the
// services provided". chunk-ext = *( BWS ";" BWS ...).
std::optional<Rejection> ChunkedDecoder::OnExtensionByte(char c, const std::string& body) {
  if (const auto rejection = CountFraming(body)) return rejection;
  if (state_ == State::kSpace) {
    if (c == ' ' || c == '\t') return std::nullopt;
    return Expect(c, ';', State::kExtension);
  }
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\r') {
    state_ = State::kSizeLf;
  } else if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
    return Rejection{400, "a control byte in a chunk extension"};
  }
  return std::nullopt;
}

// RFC 9112 7.1.2: trailer-section = *( field-line CRLF ); a recipient may discard it.
std::optional<Rejection> ChunkedDecoder::OnTrailerByte(char c) {
  if (++trailer_bytes_ > limits_.trailer_bytes_max) {
    return Rejection{431, "the trailer section is too long"};
  }
  line_.push_back(c);
  if (c != '\n') return std::nullopt;
  if (line_ == "\r\n") {
    state_ = State::kDone;
    return std::nullopt;
  }
  if (!line_.ends_with("\r\n")) return Rejection{400, "a bare LF"};
  const FieldLine read = ReadFieldLine(line_.data(), line_.data() + line_.size());
  if (read.end == nullptr) return Rejection{400, read.wrong};
  line_.clear();
  return std::nullopt;
}

std::optional<Rejection> ChunkedDecoder::CountFraming(const std::string& body) {
  ++framing_bytes_;
  const uint64_t usual = std::min<uint64_t>(framing_bytes_, limits_.trailer_bytes_max);
  if (framing_bytes_ - usual <= body.size()) return std::nullopt;
  return Rejection{400, "too much chunk framing for so small a body"};
}

std::optional<Rejection> ChunkedDecoder::Expect(char c, char wanted, State next) {
  if (c != wanted) return Rejection{400, "malformed chunk"};
  state_ = next;
  return std::nullopt;
}

}  // namespace thalweg
