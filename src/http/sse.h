// Server-sent events as the protocol frames them: a page of a stream becomes a pair of events,
// `data` with its bytes and `control` with where to go on. (protocol 5.8)
//
// Pure. Encoded once, an event is shared by all who read it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/read.h"
#include "stream/content_type.h"
#include "stream/offset.h"
#include "thalweg/bytes.h"

namespace thalweg {

// A comment: keeps proxies and clients from taking silence for death.
inline constexpr std::string_view kSseHeartbeat = ":\n\n";

struct SseControl {
  Offset next;
  uint64_t cursor = 0;  // left out where `closed`
  bool up_to_date = false;
  bool closed = false;
};

// A data event while it is written piece by piece: what a piece has to know of those before it.
// Where it began it follows from the stream's bytes, so readers at one place share their pieces.
struct SseDataState {
  bool is_begun = false;
  bool line_is_empty = true;
  bool after_cr = false;  // the last byte was CR: an LF that follows belongs to it
  uint8_t held_bytes = 0;
  std::array<char, 2> held{};  // of base64: what is not a group of three yet
};

// A piece of a data event, `parts` joined: text split into lines at CRLF, CR and LF; JSON as one
// array (wire values lose their last comma); other bytes in base64 on one line. The event ends with
// the piece unless `more` follows.
void AppendSseData(ContentKind kind, const std::vector<Bytes>& parts, bool more,
                   SseDataState& state, std::string& out);

void AppendSseControl(const SseControl& control, std::string& out);

// Where a response stands: between two events or, within a long append, inside a data event.
struct SsePlace {
  Offset offset;
  SseDataState data{};

  bool is_inside() const { return data.is_begun; }
};

// A page as it goes to readers: the data event, where there are bytes, and its control event. A
// page that ends inside an append is a piece of the data event alone.
struct SseEvent {
  Bytes bytes;
  size_t data_bytes = 0;  // of `bytes`: how many are the data event's
  Offset start;
  SseControl control;       // of its end; not sent where that is inside an append
  SseDataState unfinished;  // what a piece leaves to the next one

  SsePlace end() const { return {control.next, unfinished}; }
};

// REQUIRES: `page` begins at `begin`.
SseEvent EncodeSseEvent(ContentKind kind, const SsePlace& begin, const Page& page, uint64_t cursor);

}  // namespace thalweg
