#include "http/head.h"

#include <utility>

namespace thalweg {

namespace {

// Room for what most answers add.
constexpr size_t kOwnBytes = 256;
constexpr size_t kOwnFields = 8;

constexpr size_t kSpareBytesMax = 4096;

}  // namespace

Head::Head(const HeadStart& start)
    : home_(&start), fields_(std::exchange(start.spare, HeaderList())) {
  if (fields_.size() == 0) Begin(start.fields);
}

Head::Head(const HeaderList& common) { Begin(common); }

Head::~Head() {
  const bool is_gone = fields_.size() == 0;  // moved away
  if (home_ == nullptr || is_gone || fields_.wire().size() > kSpareBytesMax) return;
  fields_.Truncate(home_->fields.size());
  home_->spare = std::move(fields_);
}

void Head::Begin(const HeaderList& common) {
  fields_.Reserve(common.wire().size() + kOwnBytes, common.size() + kOwnFields);
  fields_.AddAll(common);
}

Head& Head::ContentType(std::string_view type) { return Add("content-type", type); }

Head& Head::NextOffset(Offset offset) {
  const auto text = OffsetChars(offset);
  return Add("stream-next-offset", std::string_view(text.data(), text.size()));
}

Head& Head::UpToDate() { return Add("stream-up-to-date", "true"); }

Head& Head::Closed(bool closed) { return closed ? Add("stream-closed", "true") : *this; }

Head& Head::Cursor(uint64_t cursor) { return Add("stream-cursor", cursor); }

Head& Head::CacheControl(std::string_view policy) { return Add("cache-control", policy); }

Head& Head::Add(std::string_view name, std::string_view value) {
  fields_.Add(name, value);
  return *this;
}

Head& Head::Add(std::string_view name, uint64_t value) {
  fields_.Add(name, value);
  return *this;
}

}  // namespace thalweg
