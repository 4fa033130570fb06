// The body of an answer that a page becomes: JSON is an array (protocol 7), everything else is as
// it stands. Nothing is copied.
//
// Pure, but for BytesOf. THREAD: any.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "engine/read.h"
#include "stream/content_type.h"
#include "thalweg/bytes.h"
#include "thalweg/http.h"

namespace thalweg {

using BodyPart = std::variant<Bytes, FileRange>;

struct PageBody {
  std::vector<BodyPart> parts;  // none is empty
  uint64_t size = 0;
};

// Where in a body a page stands: it may be all of it.
struct PagePlace {
  bool is_first = true;
  bool is_last = true;
};

// REQUIRES: only a page that is all of its body may be empty.
PageBody FramePage(ContentKind kind, Page page, PagePlace place = {});

// How long the body is that the pages of `bytes` make together.
uint64_t FramedBytes(ContentKind kind, uint64_t bytes);

// All of it in memory; null: a file cannot be read. May wait for the disk.
std::optional<std::vector<Bytes>> BytesOf(PageBody body);

// Queues all of it; false: the transport is full.
bool WriteBody(Responder& responder, PageBody body);

}  // namespace thalweg
