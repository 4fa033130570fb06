#include "http/sse.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/decimal.h"
#include "http/total_bytes.h"

namespace thalweg {
namespace {

constexpr std::string_view kLineBegin = "data:";
constexpr std::string_view kNextLineBegin = "\ndata:";
constexpr size_t kFrameBytesMax = 256;  // of a control event and of a data event's own lines

// Writes text as `data:` lines, part by part; a line and a CRLF may span parts.
class LineWriter {
 public:
  LineWriter(SseDataState& state, std::string& out) : state_(state), out_(out) {}

  void Write(std::string_view text) {
    if (text.empty()) return;
    if (state_.after_cr && text.front() == '\n') text.remove_prefix(1);
    state_.after_cr = false;
    Scan cr{'\r', text}, lf{'\n', text};
    while (!text.empty()) {
      const char* const end = std::min(cr.Find(text), lf.Find(text));
      WriteInLine({text.data(), end});
      text.remove_prefix(static_cast<size_t>(end - text.data()));
      if (!text.empty()) BreakLine(text);
    }
  }

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
    if (state_.line_is_empty && text.front() == ' ') out_ += ' ';
    state_.line_is_empty = false;
    out_ += text;
  }

  void BreakLine(std::string_view& text) {
    const bool cr = text.front() == '\r';
    text.remove_prefix(1);
    state_.after_cr = cr && text.empty();
    if (cr && text.starts_with('\n')) text.remove_prefix(1);
    out_ += kNextLineBegin;
    state_.line_is_empty = true;
  }

  SseDataState& state_;
  std::string& out_;
};

// Standard alphabet, padded, over the seams of parts.
class Base64Writer {
 public:
  Base64Writer(SseDataState& state, std::string& out) : state_(state), out_(out) {}

  void Write(std::string_view bytes) {
    for (; state_.held_bytes != 0 && !bytes.empty(); bytes.remove_prefix(1)) Hold(bytes.front());
    const size_t groups = bytes.size() / 3;
    WriteGroups(bytes.data(), groups);
    for (const char c : bytes.substr(groups * 3)) Hold(c);
  }

  void End() {
    if (state_.held_bytes == 0) return;
    const size_t pad = 3 - state_.held_bytes;
    while (state_.held_bytes != 0) Hold('\0');
    out_.replace(out_.size() - pad, pad, pad, '=');
  }

 private:
  void Hold(char c) {
    if (state_.held_bytes < state_.held.size()) {
      state_.held[state_.held_bytes++] = c;
      return;
    }
    const char group[3] = {state_.held[0], state_.held[1], c};
    WriteGroups(group, 1);
    state_.held_bytes = 0;
  }

  void WriteGroups(const char* from, size_t groups) {
    const size_t before = out_.size();
    out_.resize_and_overwrite(before + groups * 4, [&](char* data, size_t) {
      char* to = data + before;
      for (size_t i = 0; i < groups; ++i, from += 3, to += 4) EncodeGroup(from, to);
      return before + groups * 4;
    });
  }

  static void EncodeGroup(const char* group, char* to) {
    static constexpr char kAlphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto byte = [group](int i) {
      return static_cast<uint32_t>(static_cast<uint8_t>(group[i]));
    };
    const uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    to[0] = kAlphabet[bits >> 18];
    to[1] = kAlphabet[bits >> 12 & 63];
    to[2] = kAlphabet[bits >> 6 & 63];
    to[3] = kAlphabet[bits & 63];
  }

  SseDataState& state_;
  std::string& out_;
};

// The last comma of all is left out.
void WriteJson(const std::vector<Bytes>& parts, bool more, LineWriter& lines) {
  size_t left = TotalBytes(parts);
  for (const Bytes& part : parts) {
    if (part.empty()) continue;
    left -= part.size();
    const bool last = left == 0 && !more;
    THALWEG_ASSERT(!last || part.view().back() == ',');
    lines.Write(part.view().substr(0, part.size() - (last ? 1 : 0)));
  }
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

void AppendSseData(ContentKind kind, const std::vector<Bytes>& parts, bool more,
                   SseDataState& state, std::string& out) {
  LineWriter lines(state, out);
  Base64Writer base64(state, out);
  if (!state.is_begun) {
    state.is_begun = true;
    out.append("event: data\n").append(kLineBegin);
    if (kind == ContentKind::kJson) lines.Write("[");
  }
  switch (kind) {
    case ContentKind::kText:
      for (const Bytes& part : parts) lines.Write(part.view());
      break;
    case ContentKind::kJson:
      WriteJson(parts, more, lines);
      if (!more) lines.Write("]");
      break;
    case ContentKind::kBytes:
      for (const Bytes& part : parts) base64.Write(part.view());
      if (!more) base64.End();
      break;
  }
  if (more) return;
  out += "\n\n";
  state = {};
}

void AppendSseControl(const SseControl& control, std::string& out) {
  out += "event: control\ndata:{\"streamNextOffset\":\"";
  const auto next = OffsetChars(control.next);
  out.append(next.data(), next.size()) += '"';
  if (!control.closed) {
    out += ",\"streamCursor\":\"";
    AppendNumber(out, control.cursor);
    out += '"';
  }
  if (control.up_to_date) out += ",\"upToDate\":true";
  if (control.closed) out += ",\"streamClosed\":true";
  out += "}\n\n";
}

SseEvent EncodeSseEvent(ContentKind kind, const SsePlace& begin, const Page& page,
                        uint64_t cursor) {
  THALWEG_ASSERT(begin.offset == page.start);
  SseEvent event;
  event.start = page.start;
  event.control = {page.end, cursor, page.at_tail, page.closed};
  event.unfinished = begin.data;
  std::string text;
  text.reserve(EncodedBytesMax(kind, page.parts));
  if (page.size() != 0) {
    AppendSseData(kind, page.parts, page.ends_inside, event.unfinished, text);
  }
  event.data_bytes = text.size();
  if (!page.ends_inside) AppendSseControl(event.control, text);
  event.bytes = Bytes::Own(std::move(text));
  return event;
}

}  // namespace thalweg
