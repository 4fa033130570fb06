// An answer that brings all of a stream, however long: piece by piece, as the client takes them, so
// that it holds no more than one of them.
//
// Own thread only.
#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/read.h"
#include "http/coding.h"
#include "http/context.h"
#include "http/head.h"
#include "stream/offset.h"
#include "thalweg/http.h"

namespace thalweg {

// What is read at a time, or one append where that is longer; of what is compressed, which then
// stands in memory for this reader, also a part of an append.
inline constexpr size_t kPieceBytesMax = 4u << 20;
inline constexpr size_t kGzipPieceBytesMax = 256u << 10;

// What a read brings at first.
inline size_t PageBytesOf(const RouterOptions& options) {
  return std::min(options.page_bytes_max, kPieceBytesMax);
}

struct LongAnswer {
  StreamHandle stream;
  Offset start;
  Offset end;                         // a boundary; all before it is durable
  Coding coding = Coding::kIdentity;  // or kGzip
};

// Answers 200 with `head`. Where the stream goes away meanwhile, or cannot be read on, the answer
// is cut off, and the client sees that bytes are missing. REQUIRES: start < end.
void SendLong(const RouterContext& context, LongAnswer answer, const Head& head,
              Responder& responder);

}  // namespace thalweg
