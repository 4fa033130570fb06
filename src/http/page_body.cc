#include "http/page_body.h"

#include <utility>

#include "base/assert.h"
#include "http/file_bytes.h"

namespace thalweg {
namespace {

std::vector<BodyPart> PartsOf(Page page) {
  std::vector<BodyPart> parts;
  parts.reserve(page.parts.size() + 2);  // brackets may come
  auto file = page.files.begin();
  for (size_t i = 0; i < page.parts.size(); ++i) {
    if (file != page.files.end() && file->at == i) {
      parts.emplace_back(std::move((file++)->range));
    } else if (!page.parts[i].empty()) {
      parts.emplace_back(std::move(page.parts[i]));
    }
  }
  return parts;
}

void DropLastByte(std::vector<BodyPart>& parts) {
  if (FileRange* file = std::get_if<FileRange>(&parts.back())) {
    if (--file->length > 0) return;
  } else {
    Bytes& bytes = std::get<Bytes>(parts.back());
    THALWEG_ASSERT(bytes.view().ends_with(','));
    bytes = bytes.Slice(0, bytes.size() - 1);
    if (!bytes.empty()) return;
  }
  parts.pop_back();
}

}  // namespace

// The last value's comma goes, the brackets come.
PageBody FramePage(ContentKind kind, Page page, PagePlace place) {
  const uint64_t size = page.size();
  PageBody body{.parts = PartsOf(std::move(page)), .size = size};
  if (kind != ContentKind::kJson) return body;
  if (size == 0) return {.parts = {Bytes::Static("[]")}, .size = 2};
  if (place.is_last) {
    DropLastByte(body.parts);
    body.parts.emplace_back(Bytes::Static("]"));
  }
  if (place.is_first) {
    body.parts.insert(body.parts.begin(), Bytes::Static("["));
    ++body.size;
  }
  return body;
}

uint64_t FramedBytes(ContentKind kind, uint64_t bytes) {
  if (kind != ContentKind::kJson) return bytes;
  return bytes == 0 ? 2 : bytes + 1;
}

std::optional<std::vector<Bytes>> BytesOf(PageBody body) {
  std::vector<Bytes> all;
  for (BodyPart& part : body.parts) {
    const FileRange* const file = std::get_if<FileRange>(&part);
    auto bytes = file != nullptr ? ReadFileRange(*file) : std::get<Bytes>(std::move(part));
    if (!bytes) return std::nullopt;
    all.push_back(*std::move(bytes));
  }
  return all;
}

bool WriteBody(Responder& responder, PageBody body) {
  bool has_room = true;
  for (BodyPart& part : body.parts) {
    if (FileRange* file = std::get_if<FileRange>(&part)) {
      has_room = responder.WriteFile(std::move(*file));
    } else {
      has_room = responder.Write(std::get<Bytes>(std::move(part)));
    }
  }
  return has_room;
}

}  // namespace thalweg
