#include "http/sse.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace thalweg {
namespace {

constexpr std::string_view kLineBegin = "data:";
constexpr size_t kFrameBytesMax = 256;  // of a control event and of a data event's own lines

size_t TotalBytes(const std::vector<Bytes>& parts) {
  size_t total = 0;
  for (const Bytes& part : parts) total += part.size();
  return total;
}

// Writes text as `data:` lines, part by part; a line and a CRLF may span parts.
class LineWriter {
 public:
  explicit LineWriter(std::string& out) : out_(out) { out_ += kLineBegin; }

  void Write(std::string_view text) {
    if (text.empty()) return;
    if (after_cr_ && text.front() == '\n') text.remove_prefix(1);
    after_cr_ = false;
    Scan cr{'\r', text}, lf{'\n', text};
    while (!text.empty()) {
      const char* const end = std::min(cr.Find(text), lf.Find(text));
      WriteInLine({text.data(), end});
      text.remove_prefix(static_cast<size_t>(end - text.data()));
      if (!text.empty()) BreakLine(text);
    }
  }

  void End() { out_ += "\n\n"; }

 private:
  // Where `wanted` stands next; each byte is looked at once however often it is asked.
  struct Scan {
    Scan(char c, std::string_view text) : wanted(c), found(text.data()) { Search(text); }
    const char* Find(std::string_view rest) {
      if (found < rest.data()) Search(rest);
      return found;
    }
    void Search(std::string_view rest) {
      const void* at = std::memchr(rest.data(), wanted, rest.size());
      found = at != nullptr ? static_cast<const char*>(at) : rest.data() + rest.size();
    }
    char wanted;
    const char* found;
  };

  void WriteInLine(std::string_view text) {
    if (text.empty()) return;
    // A parser strips one space behind the colon: give it one where the line has its own.
    if (line_is_empty_ && text.front() == ' ') out_ += ' ';
    line_is_empty_ = false;
    out_ += text;
  }

  void BreakLine(std::string_view& text) {
    const bool cr = text.front() == '\r';
    text.remove_prefix(1);
    after_cr_ = cr && text.empty();
    if (cr && text.starts_with('\n')) text.remove_prefix(1);
    out_ += '\n';
    out_ += kLineBegin;
    line_is_empty_ = true;
  }

  std::string& out_;
  bool line_is_empty_ = true;
  bool after_cr_ = false;  // the last part ended in CR: an LF that follows belongs to it
};

// Standard alphabet, padded, over the seams of parts.
class Base64Writer {
 public:
  explicit Base64Writer(std::string& out) : out_(out) {}

  void Write(std::string_view bytes) {
    for (; held_count_ != 0 && !bytes.empty(); bytes.remove_prefix(1)) Hold(bytes.front());
    const size_t whole = bytes.size() / 3 * 3;
    for (size_t i = 0; i < whole; i += 3) WriteGroup(bytes.data() + i);
    for (const char c : bytes.substr(whole)) Hold(c);
  }

  void End() {
    if (held_count_ == 0) return;
    const size_t pad = 3 - held_count_;
    while (held_count_ != 0) Hold('\0');
    out_.replace(out_.size() - pad, pad, pad, '=');
  }

 private:
  void Hold(char c) {
    held_[held_count_++] = c;
    if (held_count_ < 3) return;
    WriteGroup(held_.data());
    held_count_ = 0;
  }

  void WriteGroup(const char* group) {
    static constexpr char kAlphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto byte = [group](int i) {
      return static_cast<uint32_t>(static_cast<uint8_t>(group[i]));
    };
    const uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    const char text[4] = {kAlphabet[bits >> 18], kAlphabet[bits >> 12 & 63],
                          kAlphabet[bits >> 6 & 63], kAlphabet[bits & 63]};
    out_.append(text, 4);
  }

  std::string& out_;
  std::array<char, 3> held_{};
  size_t held_count_ = 0;
};

void AppendText(const std::vector<Bytes>& parts, std::string& out) {
  LineWriter lines(out);
  for (const Bytes& part : parts) lines.Write(part.view());
  lines.End();
}

void AppendJson(const std::vector<Bytes>& parts, std::string& out) {
  LineWriter lines(out);
  lines.Write("[");
  size_t left = TotalBytes(parts);
  for (const Bytes& part : parts) {
    if (part.empty()) continue;
    left -= part.size();
    const bool last = left == 0;
    THALWEG_ASSERT(!last || part.view().back() == ',');
    lines.Write(part.view().substr(0, part.size() - (last ? 1 : 0)));
  }
  lines.Write("]");
  lines.End();
}

void AppendBase64(const std::vector<Bytes>& parts, std::string& out) {
  out += kLineBegin;
  Base64Writer base64(out);
  for (const Bytes& part : parts) base64.Write(part.view());
  base64.End();
  out += "\n\n";
}

// An upper bound, near the truth: what an event allocates stays pinned as long as a slow reader.
size_t EncodedBytesMax(ContentKind kind, const std::vector<Bytes>& parts) {
  const size_t total = TotalBytes(parts);
  if (kind == ContentKind::kBytes) return (total + 2) / 3 * 4 + kFrameBytesMax;
  size_t breaks = 0;
  for (const Bytes& part : parts) {
    const std::string_view text = part.view();
    breaks += static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    breaks += static_cast<size_t>(std::count(text.begin(), text.end(), '\r'));
  }
  // A break adds "data:" and perhaps the space that protects the line's own.
  return total + breaks * (kLineBegin.size() + 1) + kFrameBytesMax;
}

}  // namespace

void AppendSseData(ContentKind kind, const std::vector<Bytes>& parts, std::string& out) {
  out += "event: data\n";
  switch (kind) {
    case ContentKind::kText: return AppendText(parts, out);
    case ContentKind::kJson: return AppendJson(parts, out);
    case ContentKind::kBytes: return AppendBase64(parts, out);
  }
}

void AppendSseControl(const SseControl& control, std::string& out) {
  out += "event: control\ndata:{\"streamNextOffset\":\"";
  out += FormatOffset(control.next);
  out += '"';
  if (!control.closed) {
    out += ",\"streamCursor\":\"";
    out += std::to_string(control.cursor);
    out += '"';
  }
  if (control.up_to_date) out += ",\"upToDate\":true";
  if (control.closed) out += ",\"streamClosed\":true";
  out += "}\n\n";
}

SseEvent EncodeSseEvent(ContentKind kind, const Page& page, uint64_t cursor) {
  SseEvent event;
  event.start = page.start;
  event.control = {page.end, cursor, page.at_tail, page.closed};
  std::string text;
  text.reserve(EncodedBytesMax(kind, page.parts));
  if (page.size() != 0) AppendSseData(kind, page.parts, text);
  event.data_bytes = text.size();
  AppendSseControl(event.control, text);
  event.bytes = Bytes::Own(std::move(text));
  return event;
}

}  // namespace thalweg
