#include "http/page_reply.h"

#include <utility>
#include <vector>

#include "base/assert.h"
#include "engine/engine.h"
#include "http/background_answers.h"
#include "http/coding.h"
#include "http/compress.h"
#include "http/etag.h"
#include "http/head.h"

namespace thalweg {

namespace {

constexpr uint64_t kCompressBytesMin = 1024;
constexpr uint64_t kCompressInlineBytesMax = 64 * 1024;  // more than this keeps a loop too long

constexpr std::string_view kNoStore = "no-store";

std::string_view CacheControlOf(CachePolicy policy) {
  switch (policy) {
    case CachePolicy::kPublic: return "public, max-age=60, stale-while-revalidate=300";
    case CachePolicy::kPrivate: return "private, max-age=60, stale-while-revalidate=300";
    case CachePolicy::kNoStore: return kNoStore;
  }
  return kNoStore;
}

struct PageBody {
  std::vector<Bytes> parts;
  uint64_t size = 0;
};

// A JSON page is an array: the last value's comma goes, the brackets come. Nothing is copied.
PageBody FrameJson(std::vector<Bytes> parts, uint64_t size) {
  if (size == 0) return {.parts = {Bytes::Static("[]")}, .size = 2};
  Bytes& last = parts.back();
  THALWEG_ASSERT(last.view().ends_with(','));
  last = last.Slice(0, last.size() - 1);
  parts.insert(parts.begin(), Bytes::Static("["));
  parts.push_back(Bytes::Static("]"));
  return {.parts = std::move(parts), .size = size + 1};
}

PageBody FrameBody(ContentKind kind, Page page) {
  const uint64_t size = page.size();
  std::erase_if(page.parts, [](const Bytes& part) { return part.empty(); });
  if (kind == ContentKind::kJson) return FrameJson(std::move(page.parts), size);
  return {.parts = std::move(page.parts), .size = size};
}

void SendBody(Responder& responder, const Head& head, PageBody body) {
  if (body.parts.size() <= 1) {
    responder.Respond(200, head.fields(), body.parts.empty() ? Bytes() : std::move(body.parts[0]));
    return;
  }
  responder.Start(200, head.fields(), body.size);
  // A page is bounded, so that a slow client's transport may hold all of it.
  for (Bytes& part : body.parts) responder.Write(std::move(part));
  responder.Finish();
}

void SendCompressed(const RouterContext& context, Responder& responder, const Head& head,
                    PageBody body, Coding coding) {
  if (context.background == nullptr || body.size <= kCompressInlineBytesMax) {
    responder.Respond(200, head.fields(), Bytes::Own(Compress(coding, body.parts)));
    return;
  }
  context.background->Answer(responder, head.fields(), [coding, parts = std::move(body.parts)] {
    return Bytes::Own(Compress(coding, parts));
  });
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
  }
  return conditions;
}

void SendPage(const RouterContext& context, const StreamHandle& stream, Page page,
              const ReadConditions& conditions, std::optional<uint64_t> cursor, bool now_query,
              Responder& responder) {
  const StreamInfo info = Engine::Info(stream);
  const bool compressible = context.options.compression && IsCompressible(info.config.content_type);
  PageTag tag{.stream = info.id, .start = page.start, .end = page.end, .closed = page.closed};
  const bool at_tail = page.at_tail;
  PageBody body = FrameBody(info.config.kind, std::move(page));
  if (compressible && body.size >= kCompressBytesMin) {
    tag.coding = NegotiateCoding(conditions.accept_encoding);
  }
  Head head(context);
  head.NextOffset(tag.end);
  if (at_tail) head.UpToDate();
  head.Closed(tag.closed);
  if (cursor) head.Cursor(*cursor);
  head.CacheControl(now_query ? kNoStore : CacheControlOf(context.options.cache_policy));
  if (compressible) head.Add("vary", "accept-encoding");
  if (!now_query) {
    const std::string etag = MakeEtag(tag);
    head.Add("etag", etag);
    if (MatchesEtag(conditions.if_none_match, etag)) {
      responder.Start(304, head.fields(), std::nullopt);
      return responder.Finish();
    }
  }
  head.ContentType(info.config.content_type);
  if (tag.coding == Coding::kIdentity) return SendBody(responder, head, std::move(body));
  head.Add("content-encoding", CodingName(tag.coding));
  SendCompressed(context, responder, head, std::move(body), tag.coding);
}

}  // namespace thalweg
