#include "http/spoiled_responder.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/assert.h"
#include "http/file_bytes.h"
#include "stream/content_type.h"

namespace thalweg {

namespace {

constexpr uint64_t kSpoiledAtLeast = 2;  // bytes at the front: enough to break JSON and gzip
constexpr size_t kSpoiledShare = 10;     // and of the rest about one in so many
constexpr char kSpoiledByte = 'Z';

bool IsSse(const HeaderList& headers) {
  for (size_t i = 0; i < headers.size(); ++i) {
    const HeaderField field = headers[i];
    if (EqualIgnoringCase(field.name, "content-type")) {
      return SameMediaType(field.value, "text/event-stream");
    }
  }
  return false;
}

}  // namespace

Responder& SpoiledResponder::Wrap(Responder& inner, Method method, Spoil spoil) {
  auto spoiled = std::make_unique<SpoiledResponder>(inner, method, std::move(spoil));
  SpoiledResponder& responder = *spoiled;
  responder.self_ = std::move(spoiled);
  return responder;
}

SpoiledResponder::SpoiledResponder(Responder& inner, Method method, Spoil spoil)
    : inner_(&inner),
      method_(method),
      spoil_(std::move(spoil)),
      random_(static_cast<std::minstd_rand::result_type>(spoil_.seed)) {
  inner.SetEvents(this);
}

void SpoiledResponder::Start(int status, const HeaderList& headers,
                             std::optional<uint64_t> content_length) {
  if (inner_ == nullptr) return;
  const bool is_read = method_ == Method::kGet && status == 200;
  const bool is_sse = IsSse(headers);
  spoils_body_ = is_read && !is_sse;
  if (spoils_body_ && spoil_.truncate_body_bytes && content_length) {
    content_length = std::min(*content_length, *spoil_.truncate_body_bytes);
  }
  inner_->Start(status, headers, content_length);
  if (is_read && is_sse && !spoil_.sse_event.empty()) inner_->Write(Bytes::Own(spoil_.sse_event));
}

bool SpoiledResponder::Write(Bytes bytes) {
  if (inner_ == nullptr) return true;
  if (!spoils_body_) return inner_->Write(std::move(bytes));
  const uint64_t begin = sent_;
  bytes = bytes.Slice(0, Take(bytes.size()));
  if (bytes.empty()) return true;
  return inner_->Write(spoil_.corrupt_body ? Corrupt(bytes, begin) : std::move(bytes));
}

bool SpoiledResponder::WriteFile(FileRange range) {
  if (inner_ == nullptr) return true;
  if (!spoils_body_) return inner_->WriteFile(std::move(range));
  if (spoil_.corrupt_body) {
    std::optional<Bytes> bytes = ReadFileRange(range);
    return !bytes || Write(std::move(*bytes));  // without them the transport sees a short body
  }
  range.length = Take(range.length);
  return range.length == 0 || inner_->WriteFile(std::move(range));
}

uint64_t SpoiledResponder::Take(uint64_t bytes) {
  if (spoil_.truncate_body_bytes) {
    THALWEG_ASSERT(sent_ <= *spoil_.truncate_body_bytes);
    bytes = std::min(bytes, *spoil_.truncate_body_bytes - sent_);
  }
  sent_ += bytes;
  return bytes;
}

// The first bytes always, for a body is to be broken however short it is.
Bytes SpoiledResponder::Corrupt(const Bytes& bytes, uint64_t begin) {
  std::string text(bytes.view());
  size_t front = 0;
  for (; front < text.size() && begin + front < kSpoiledAtLeast; ++front) {
    const char other = begin + front == 0 ? 'X' : 'Y';
    text[front] = text[front] == other ? kSpoiledByte : other;
  }
  const size_t rest = text.size() - front;
  for (size_t left = (rest + kSpoiledShare - 1) / kSpoiledShare; left > 0; --left) {
    text[front + random_() % rest] = kSpoiledByte;
  }
  return Bytes::Own(std::move(text));
}

void SpoiledResponder::Finish() {
  const auto self = Leave();
  if (inner_ != nullptr) inner_->Finish();
}

void SpoiledResponder::Abort() {
  const auto self = Leave();
  if (inner_ != nullptr) inner_->Abort();
}

std::unique_ptr<SpoiledResponder> SpoiledResponder::Leave() {
  if (inner_ != nullptr) inner_->SetEvents(nullptr);
  return std::move(self_);
}

void SpoiledResponder::OnWritable() {
  if (events_ != nullptr) events_->OnWritable();
}

void SpoiledResponder::OnCancel() {
  inner_ = nullptr;
  if (events_ == nullptr) return;  // who does not listen ends it
  const auto self = std::move(self_);
  events_->OnCancel();
}

}  // namespace thalweg
