#include "http/head.h"

namespace thalweg {

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
