#include "http/page_reply.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "engine/engine.h"
#include "http/coding.h"
#include "http/compress.h"
#include "http/compressed_pages.h"
#include "http/etag.h"
#include "http/head.h"
#include "http/long_answer.h"
#include "http/page_body.h"
#include "http/problem.h"
#include "http/problem_codes.h"
#include "http/shared_answers.h"

namespace thalweg {

namespace {

constexpr uint64_t kCompressBytesMin = 1024;
constexpr uint64_t kCompressInlineBytesMax = 64 * 1024;  // more than this keeps a loop too long

void SendBody(Responder& responder, const Head& head, PageBody body) {
  if (body.parts.empty()) return responder.Respond(200, head.fields(), {});
  if (body.parts.size() == 1) {
    if (Bytes* bytes = std::get_if<Bytes>(&body.parts[0])) {
      return responder.Respond(200, head.fields(), std::move(*bytes));
    }
  }
  responder.Start(200, head.fields(), body.size);
  WriteBody(responder, std::move(body));  // bounded: a slow client's transport may hold all of it
  responder.Finish();
}

// Null: a file cannot be read.
std::optional<Bytes> CompressBody(Coding coding, PageBody body) {
  const auto parts = BytesOf(std::move(body));
  if (!parts) return std::nullopt;
  return Bytes::Own(Compress(coding, *parts));
}

// From here, or from a worker where `body` is large; no page twice while it is at hand.
void SendCompressed(const RouterContext& context, const StreamHandle& stream, Coding coding,
                    const std::string& etag, const Head& head, PageBody body,
                    Responder& responder) {
  if (auto shared = context.compressed.Find(etag)) {
    return responder.Respond(200, head.fields(), *std::move(shared));
  }
  const bool here = context.workers == nullptr || body.size <= kCompressInlineBytesMax;
  auto compress = [coding, place = context.compressed.TakePlace(body.size),
                   body = std::move(body)]() mutable {
    return CompressBody(coding, std::move(body));
  };
  auto answer = [&context, stream, etag, fields = head.fields()](
                    const std::optional<Bytes>& compressed, Responder& to) {
    if (!compressed) {
      context.engine.TellUnreadable(stream);
      return SendProblem(to, Head(context), kStreamUnreadable, {});
    }
    to.Respond(200, fields, context.compressed.Share(etag, *compressed));
  };
  if (here) return answer(compress(), responder);
  context.compressing.Run(*context.workers, etag, responder, std::move(compress),
                          std::move(answer));
}

}  // namespace

ReadConditions ReadConditionsOf(const Request& request) {
  ReadConditions conditions;
  const auto join = [](std::string_view value, std::string& list) {
    if (!list.empty()) list += ", ";
    list += value;
  };
  for (const HeaderField& header : request.headers) {
    if (header.name == "accept-encoding") join(header.value, conditions.accept_encoding);
    if (header.name == "if-none-match") join(header.value, conditions.if_none_match);
    if (header.name == "authorization") conditions.is_authorized = true;
  }
  return conditions;
}

void SendPage(const RouterContext& context, const StreamHandle& stream, Page page,
              const ReadConditions& conditions, std::optional<uint64_t> cursor, AskedFor asked_for,
              Responder& responder) {
  const StreamInfo info = Engine::Info(stream);
  const bool is_long = !cursor && !page.at_tail &&
                       page.tail.value - page.start.value <= context.options.page_bytes_max;
  const bool compressible = context.options.compression && IsCompressible(info.config.content_type);
  PageTag tag{.life = context.engine.life(),
              .stream = info.id,
              .start = page.start,
              .end = is_long ? page.tail : page.end,
              .at_tail = is_long || page.at_tail,
              .closed = is_long ? page.tail_closed : page.closed};
  // Where nothing stands yet, what comes, be it the closure, would be hidden by what a cache keeps.
  if (asked_for == AskedFor::kOffset && page.size() == 0 && !page.closed) {
    asked_for = AskedFor::kNoOffset;
  }
  const uint64_t page_bytes = FramedBytes(info.config.kind, page.size());
  if (compressible && (is_long || page_bytes >= kCompressBytesMin)) {
    tag.coding = is_long ? NegotiateGzip(conditions.accept_encoding)
                         : NegotiateCoding(conditions.accept_encoding);
  }
  Head head(context);
  head.NextOffset(tag.end);
  if (tag.at_tail) head.UpToDate();
  head.Closed(tag.closed);
  if (cursor) head.Cursor(*cursor);
  head.CacheControl(
      CacheControlOf(PolicyFor(conditions.is_authorized, context.options.cache_policy), asked_for,
                     info.config.expiry, context.clock.WallMs()));
  if (compressible) head.Add("vary", "accept-encoding");
  std::string etag = MakeEtag(tag);
  const uint64_t compressed_at_once =
      is_long ? std::min<uint64_t>(page_bytes, kGzipPieceBytesMax) : page_bytes;
  const auto is_known = [&] {
    return asked_for != AskedFor::kNow && MatchesEtag(conditions.if_none_match, etag);
  };
  if (!is_known() && tag.coding != Coding::kIdentity &&
      !context.compressed.MakeRoomFor(etag, compressed_at_once)) {
    tag.coding = Coding::kIdentity;
    etag = MakeEtag(tag);
  }
  if (asked_for != AskedFor::kNow) head.Add("etag", etag);
  if (is_known()) {
    responder.Start(304, head.fields(), std::nullopt);
    return responder.Finish();
  }
  head.ContentType(info.config.content_type);
  if (tag.coding != Coding::kIdentity) head.Add("content-encoding", CodingName(tag.coding));
  if (is_long) {
    return SendLong(context, {stream, tag.start, tag.end, tag.coding}, head, responder);
  }
  PageBody body = FramePage(info.config.kind, std::move(page));
  if (tag.coding == Coding::kIdentity) return SendBody(responder, head, std::move(body));
  SendCompressed(context, stream, tag.coding, etag, head, std::move(body), responder);
}

}  // namespace thalweg
