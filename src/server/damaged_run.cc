#include "server/damaged_run.h"

#include <algorithm>
#include <utility>

#include "storage/segment.h"
#include "stream/offset.h"

namespace thalweg {

std::string DamagedRunTeller::Consequence(uint64_t segment, const SegmentRun& run, RunPart part) {
  const auto name = NameOf(run.id);
  if (!name) {
    return "this is of stream " + std::to_string(run.id.value) +
           ", which was deleted: nobody reads it";
  }
  const std::string bytes = "bytes " + std::to_string(run.base.value) + " up to " +
                            std::to_string(run.end().value) + " of " + *name;
  if (part == RunPart::kBytes) return "this is among " + bytes;
  if (run.state_bytes == 0) return bytes + " cannot be read";
  const auto has_newer = HasNewer(segment, run.id);
  if (!has_newer && run.bytes == 0) {
    return *name + " cannot be read at all if no newer segment has it";
  }
  if (!has_newer) {
    return bytes + " cannot be read, nor the rest of it if no newer segment has the stream";
  }
  if (!*has_newer) return *name + " cannot be read at all";
  if (run.bytes == 0) return "a newer segment has what is needed of " + *name;
  return bytes + " cannot be read";
}

std::optional<std::string> DamagedRunTeller::NameOf(StreamId id) {
  std::string name = "stream " + std::to_string(id.value);
  if (!catalog_is_whole_) return name;
  if (catalog_ == nullptr) {
    auto catalog = directory_.OpenCatalog();
    if (!catalog) return name;
    catalog_ = *std::move(catalog);
  }
  const auto entry = catalog_->Find(id);
  if (!entry) return name;
  if (!*entry) return std::nullopt;
  return name + " at " + (*entry)->path;
}

std::optional<bool> DamagedRunTeller::HasNewer(uint64_t segment, StreamId id) {
  if (!head_) return std::nullopt;
  const auto here = std::ranges::find(head_->segments, segment, &SegmentInfo::number);
  if (here == head_->segments.end()) return std::nullopt;
  for (auto info = here + 1; info != head_->segments.end(); ++info) {
    const auto newer = Segment::Open(directory_.view(), {directory_.id(), info->number});
    if (!newer) return std::nullopt;
    const auto run = (*newer)->RunAt(id, {kOffsetMax});
    if (!run) return std::nullopt;
    if (*run) return true;
  }
  return false;
}

}  // namespace thalweg
