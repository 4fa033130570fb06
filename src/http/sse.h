// Server-sent events as the protocol frames them: a page of a stream becomes a pair of events,
// `data` with its bytes and `control` with where to go on. (protocol 5.8)
//
// Pure. Encoded once, an event is shared by all who read it.
#pragma once

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

// A data event of `parts` joined: text split into lines at CRLF, CR and LF; JSON as one array (wire
// values lose their last comma); other bytes in base64 on one line.
void AppendSseData(ContentKind kind, const std::vector<Bytes>& parts, std::string& out);

void AppendSseControl(const SseControl& control, std::string& out);

// A page as it goes to readers: the data event, where there are bytes, and its control event.
struct SseEvent {
  Bytes bytes;
  size_t data_bytes = 0;  // of `bytes`: how many are the data event's
  Offset start;
  SseControl control;
};

SseEvent EncodeSseEvent(ContentKind kind, const Page& page, uint64_t cursor);

}  // namespace thalweg
