#include "http/long_answer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/little_endian.h"
#include "engine/engine.h"
#include "http/compress.h"
#include "http/compressed_pages.h"
#include "http/etag.h"
#include "http/page_body.h"
#include "http/page_read.h"
#include "http/room_waits.h"
#include "http/shared_answers.h"

namespace thalweg {
namespace {

constexpr size_t kCrcBytes = sizeof(uint32_t);

// How far an answer has come. Goes from one who waits for something to the next.
struct Sending {
  const RouterContext* context;
  LongAnswer answer;
  Offset at;
  GzipSum sum{};             // of the pieces that are sent
  uint64_t piece_bytes = 0;  // of the one that is being compressed, before that
};

void Go(Sending sending, Responder& to);

// One after a piece: true where the next may follow at once.
bool GoesOn(Sending& sending, bool has_room, Responder& to) {
  if (sending.at == sending.answer.end) {
    if (sending.answer.coding == Coding::kGzip) to.Write(Bytes::Own(GzipEnd(sending.sum)));
    to.Finish();
    return false;
  }
  if (has_room) return true;
  sending.context->room_waits.Add(to, [sending = std::move(sending)](Responder& with_room) mutable {
    Go(std::move(sending), with_room);
  });
  return false;
}

// The piece and its checksum behind it; null: a file cannot be read.
std::optional<Bytes> Compressed(PageBody body) {
  const auto parts = BytesOf(std::move(body));
  if (!parts) return std::nullopt;
  GzipPiece piece = CompressPiece(*parts);
  piece.bytes.resize(piece.bytes.size() + kCrcBytes);
  Put(piece.bytes.data(), piece.bytes.size() - kCrcBytes, piece.sum.crc);
  return Bytes::Own(std::move(piece.bytes));
}

bool SendCompressed(Sending& sending, const std::optional<Bytes>& piece, Responder& to) {
  if (!piece) {
    sending.context->engine.TellUnreadable(sending.answer.stream);
    to.Abort();
    return false;
  }
  const size_t bytes = piece->size() - kCrcBytes;
  const GzipSum sum{.crc = Get<uint32_t>(piece->view(), bytes), .bytes = sending.piece_bytes};
  sending.sum = Joined(sending.sum, sum);
  return GoesOn(sending, to.Write(piece->Slice(0, bytes)), to);
}

// Made once for all who come to the same piece, like pages; where there are no workers, in a task
// of its own, so that others have their turn between two.
bool Compress(Sending& sending, std::string key, PageBody body, Responder& to) {
  const RouterContext& context = *sending.context;
  sending.piece_bytes = body.size;
  if (const auto shared = context.compressed.Find(key)) return SendCompressed(sending, shared, to);
  Executor& workers = context.workers == nullptr ? context.executor : *context.workers;
  auto work = [place = context.compressed.TakePlace(body.size), body = std::move(body)]() mutable {
    return Compressed(std::move(body));
  };
  context.compressing.Run(workers, key, to, std::move(work),
                          [key, sending = std::move(sending)](const std::optional<Bytes>& made,
                                                              Responder& ready) mutable {
                            std::optional<Bytes> piece = made;
                            if (piece) piece = sending.context->compressed.Share(key, *made);
                            if (SendCompressed(sending, piece, ready))
                              Go(std::move(sending), ready);
                          });
  return false;
}

// What tells a compressed piece from all others: brackets are within what is compressed.
std::string PieceKey(const Sending& sending, const Page& page, PagePlace place) {
  std::string key = "piece" + MakeEtag({.life = sending.context->engine.life(),
                                        .stream = Engine::Info(sending.answer.stream).id,
                                        .start = page.start,
                                        .end = page.end,
                                        .coding = sending.answer.coding});
  return key.append(place.is_first ? "[" : "").append(place.is_last ? "]" : "");
}

// Sends what was read: true where the next may follow at once.
bool Take(Sending& sending, ReadOutcome& outcome, Responder& to) {
  if (outcome.verdict != ReadVerdict::kOk) {
    to.Abort();
    return false;
  }
  const LongAnswer& answer = sending.answer;
  const ContentKind kind = Engine::Info(answer.stream).config.kind;
  Page& page = outcome.page;
  const PagePlace place{.is_first = page.start == answer.start, .is_last = page.end == answer.end};
  sending.at = page.end;
  if (answer.coding == Coding::kIdentity) {
    return GoesOn(sending, WriteBody(to, FramePage(kind, std::move(page), place)), to);
  }
  std::string key = PieceKey(sending, page, place);
  return Compress(sending, std::move(key), FramePage(kind, std::move(page), place), to);
}

PageRequest NextOf(const Sending& sending) {
  const uint64_t left = sending.answer.end.value - sending.at.value;
  if (sending.answer.coding == Coding::kIdentity) {
    return {.bytes_max = std::min<uint64_t>(left, kPieceBytesMax), .files = true};
  }
  const size_t bytes = std::min<uint64_t>(left, kGzipPieceBytesMax);
  return {.bytes_max = bytes, .part_bytes_max = bytes, .from_inside = true, .files = true};
}

void Go(Sending sending, Responder& to) {
  Engine& engine = sending.context->engine;
  Executor* const disk_workers = engine.disk_workers();
  ReadOutcome outcome;
  do {
    PageRequest request = NextOf(sending);
    request.may_wait = disk_workers == nullptr;
    outcome = engine.Read(sending.answer.stream, sending.at, request);
    if (outcome.verdict == ReadVerdict::kWouldWait) {
      auto read = [&engine, stream = sending.answer.stream, at = sending.at](
                      const PageRequest& again) { return engine.Read(stream, at, again); };
      return ReadOnWorker(
          *sending.context, *disk_workers, request, to, std::move(read),
          [sending = std::move(sending)](ReadOutcome& found, Responder& ready) mutable {
            if (Take(sending, found, ready)) Go(std::move(sending), ready);
          });
    }
  } while (Take(sending, outcome, to));
}

}  // namespace

void SendLong(const RouterContext& context, LongAnswer answer, const Head& head,
              Responder& responder) {
  const uint64_t bytes = answer.end.value - answer.start.value;
  if (answer.coding == Coding::kIdentity) {
    const ContentKind kind = Engine::Info(answer.stream).config.kind;
    responder.Start(200, head.fields(), FramedBytes(kind, bytes));
  } else {
    responder.Start(200, head.fields(), std::nullopt);
    responder.Write(Bytes::Static(kGzipBegin));
  }
  const Offset start = answer.start;
  Go({.context = &context, .answer = std::move(answer), .at = start}, responder);
}

}  // namespace thalweg
