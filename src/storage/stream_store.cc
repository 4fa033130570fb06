// Crosses threads: see the header.
#include "storage/stream_store.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "storage/numbered_name.h"

namespace thalweg {
namespace {

// So many of one level become one of the next: 1,000 checkpoints leave at most 19 segments, and
// each byte is written again once per level.
constexpr size_t kMergeFanIn = 6;

// A segment with more dead bytes than this, of a hundred, is written again without them.
constexpr uint64_t kDeadPercentMax = 15;

// At rest the files take no more than this, of a hundred live bytes, where merging can help it.
constexpr uint64_t kFilePercentMax = 130;

// But a file of streams that have hardly a byte is not written again for less than this of it.
constexpr uint64_t kGainPercentMin = 10;

SegmentInfo InfoOf(const SegmentFooter& footer, uint32_t level) {
  return {.number = footer.header.number,
          .level = level,
          .file_bytes = footer.file_bytes(),
          .data_bytes = footer.data_bytes,
          .dead_bytes = 0};
}

bool IsMostlyDead(const SegmentInfo& info) {
  return info.dead_bytes * 100 > info.data_bytes * kDeadPercentMax;
}

std::optional<MergePlan> PlanMergeAtRest(std::span<const SegmentInfo> segments,
                                         const NeedlessBytes& needless) {
  uint64_t file_bytes = 0, live_bytes = 0;
  for (const SegmentInfo& info : segments) {
    file_bytes += info.file_bytes;
    live_bytes += info.data_bytes - info.dead_bytes;
  }
  if (file_bytes * 100 <= live_bytes * kFilePercentMax) return std::nullopt;
  uint64_t newer_bytes = file_bytes;
  for (size_t i = 0; i + 1 < segments.size(); ++i) {
    newer_bytes -= segments[i].file_bytes;
    if (segments[i].file_bytes > newer_bytes) continue;
    return MergePlan{i, segments.size() - i, segments[i].level};  // the highest of them
  }
  // What short appends take beside their bytes stays however often they are merged: all of it is
  // written again for what is new or dead, not for that.
  const SegmentInfo& oldest = segments.front();
  const uint64_t gain_max = file_bytes - oldest.file_bytes + oldest.dead_bytes + needless(oldest);
  const uint64_t gain_least =
      std::max(live_bytes * (kFilePercentMax - 100), oldest.file_bytes * kGainPercentMin);
  if (gain_max * 100 <= gain_least) return std::nullopt;
  return MergePlan{0, segments.size(), oldest.level};
}

std::optional<MergePlan> PlanMergeOfAll(std::span<const SegmentInfo> segments, bool is_at_rest,
                                        const NeedlessBytes& needless) {
  // Levels only fall from old to new, so those of one level are neighbours.
  for (size_t end = segments.size(); end != 0;) {
    const uint32_t level = segments[end - 1].level;
    size_t begin = end;
    while (begin != 0 && segments[begin - 1].level == level) --begin;
    if (end - begin >= kMergeFanIn) return MergePlan{begin, kMergeFanIn, level + 1};
    end = begin;
  }
  const auto dead = std::ranges::find_if(segments, IsMostlyDead);
  if (dead != segments.end()) {
    return MergePlan{static_cast<size_t>(dead - segments.begin()), 1, dead->level};
  }
  return is_at_rest ? PlanMergeAtRest(segments, needless) : std::nullopt;
}

}  // namespace

std::optional<MergePlan> PlanMerge(std::span<const SegmentInfo> segments,
                                   std::span<const uint64_t> set_aside, bool is_at_rest,
                                   const NeedlessBytes& needless) {
  const auto is_aside = [&](const SegmentInfo& info) {
    return std::ranges::find(set_aside, info.number) != set_aside.end();
  };
  for (size_t end = segments.size(); end != 0;) {
    size_t begin = end;
    while (begin != 0 && !is_aside(segments[begin - 1])) --begin;
    auto plan = PlanMergeOfAll(segments.subspan(begin, end - begin), is_at_rest, needless);
    if (plan) {
      plan->first += begin;
      return plan;
    }
    end = begin == 0 ? 0 : begin - 1;
  }
  return std::nullopt;
}

StorageResult<std::unique_ptr<StreamStore>> StreamStore::Open(Disk& disk,
                                                              const DirectoryId& directory,
                                                              std::unique_ptr<Catalog> catalog) {
  auto store = std::make_unique<StreamStore>(disk, directory, std::move(catalog));
  if (const auto loaded = store->Load(); !loaded) return std::unexpected(loaded.error());
  return store;
}

StorageResult<void> StreamStore::Load() {
  auto head = catalog_->Head();
  if (!head) return std::unexpected(head.error());
  head_ = *std::move(head);
  last_number_ = head_.last_segment;
  const auto streams = catalog_->Count();
  if (!streams) return std::unexpected(streams.error());
  streams_at_open_ = *streams;
  auto segments = std::make_shared<Segments>();
  for (const SegmentInfo& info : head_.segments) {
    auto segment = Segment::Open(disk_, HeaderOf(info.number));
    if (!segment) {
      segment.error().message += "; the catalog names this segment";
      return std::unexpected(segment.error());
    }
    segments->push_back(*std::move(segment));
  }
  Publish(std::move(segments));
  return FindLeftovers();
}

StorageResult<void> StreamStore::FindLeftovers() {
  const auto names = folder_.List();
  if (!names) return DiskFault(names.error());
  for (const std::string& name : *names) {
    const std::optional<uint64_t> number = SegmentFileNumber(name);
    if (!number) continue;
    if (std::ranges::find(head_.segments, *number, &SegmentInfo::number) != head_.segments.end()) {
      continue;
    }
    last_number_ = Behind(last_number_, *number);  // a name is used once
    leftovers_.push_back(*number);
  }
  return {};
}

StorageResult<void> StreamStore::RemoveLeftovers() {
  for (const uint64_t number : std::exchange(leftovers_, {})) {
    const auto removed = folder_.Remove(SegmentFileName(number));
    // A full disk is no reason not to start: the file is in nobody's way.
    if (!removed && !IsShortage(removed.error().code)) return DiskFault(removed.error());
  }
  return {};
}

StorageResult<std::optional<StoredStream>> StreamStore::Find(std::string_view path) const {
  return FindBy(path);
}

StorageResult<std::optional<StoredStream>> StreamStore::Find(StreamId id) const {
  return FindBy(id);
}

template <typename Key>
StorageResult<std::optional<StoredStream>> StreamStore::FindBy(Key key) const {
  const uint64_t waits_before = catalog_->WaitsOfThread();
  auto entry = catalog_->Find(key);
  bool waited = catalog_->WaitsOfThread() != waits_before;
  if (!entry) return std::unexpected(entry.error());
  auto found = WithState(*std::move(entry), waited);
  find_waits_.Note(waited);
  return found;
}

// Sets `waited` where that waits for the disk.
StorageResult<std::optional<StoredStream>> StreamStore::WithState(std::optional<CatalogEntry> entry,
                                                                  bool& waited) const {
  if (!entry) return std::nullopt;
  auto state = StateOf(entry->id, waited);
  if (!state) return std::unexpected(state.error());
  if (*state) return StoredStream{*std::move(entry), **std::move(state)};
  // It may have been removed between the two looks.
  const auto again = catalog_->Find(entry->id);
  if (!again) return std::unexpected(again.error());
  if (!*again) return std::nullopt;
  return DamageFault("no segment has the state of stream " + std::to_string(entry->id.value) +
                     " at " + entry->path + ", which the catalog names");
}

StorageResult<std::optional<std::string>> StreamStore::StateOf(StreamId id, bool& waited) const {
  const std::shared_ptr<const Segments> segments = Snapshot();
  for (auto segment = segments->rbegin(); segment != segments->rend(); ++segment) {
    auto state = (*segment)->StateOf(id, false);
    if (!state && state.error().kind == StorageFault::Kind::kWouldWait) {
      waited = true;
      state = (*segment)->StateOf(id);
    }
    if (!state || *state) return state;
  }
  return std::nullopt;
}

StorageResult<std::optional<SegmentStretch>> StreamStore::Read(
    StreamId id, Offset from, Offset limit, const StretchRequest& request) const {
  const std::shared_ptr<const Segments> segments = Snapshot();
  for (const auto& segment : *segments) {
    const auto run = segment->RunAt(id, from, request.may_wait);
    if (!run) return std::unexpected(run.error());
    if (!*run || (*run)->end() <= from) continue;
    auto stretch = segment->Read(**run, from, limit, request);
    if (!stretch) return std::unexpected(stretch.error());
    return *std::move(stretch);
  }
  return std::nullopt;
}

StreamStore::Totals StreamStore::totals() const {
  return {.segments = segment_count_.value(),
          .segment_bytes = segment_bytes_.value(),
          .set_aside = set_aside_count_.value(),
          .merges = merges_.value()};
}

std::shared_ptr<const StreamStore::Segments> StreamStore::Snapshot() const {
  std::lock_guard lock(mutex_);
  return segments_;
}

void StreamStore::Publish(std::shared_ptr<const Segments> segments) {
  uint64_t bytes = 0;
  for (const auto& segment : *segments) bytes += segment->footer().file_bytes();
  segment_bytes_.Set(bytes);
  segment_count_.Set(segments->size());
  std::lock_guard lock(mutex_);
  segments_.swap(segments);
}

StorageResult<std::unique_ptr<SegmentWriter>> StreamStore::NewSegment() {
  auto writer = SegmentWriter::Create(folder_, HeaderOf(++last_number_), after_piece_);
  if (writer) return *std::move(writer);
  // Who has made what stands there may be writing it.
  if (writer.error().code != EEXIST) RemoveFile(last_number_);
  return DiskFault(writer.error());
}

void StreamStore::Abandon(std::unique_ptr<SegmentWriter> writer) { RemoveFile(writer->number()); }

StorageResult<void> StreamStore::Commit(StoreChange change,
                                        const std::optional<SegmentFooter>& segment) {
  CatalogBatch batch{
      .removed = std::move(change.removed), .put = std::move(change.put), .head = head_};
  batch.head.checkpoint = change.checkpoint;
  batch.head.last_id = change.last_id;
  auto segments = std::make_shared<Segments>(*Snapshot());
  for (size_t i = 0; i < segments->size(); ++i) {
    CountDead(batch.removed, i, *segments, batch.head.segments);
  }
  if (segment) {
    auto opened = Segment::Open(disk_, segment->header);
    if (!opened) {
      RemoveFile(segment->header.number);
      return std::unexpected(opened.error());
    }
    segments->push_back(*std::move(opened));
    batch.head.segments.push_back(InfoOf(*segment, 0));
  }
  const std::vector<StreamId> removed = merging_ ? batch.removed : std::vector<StreamId>{};
  const auto committed = CommitHead(std::move(batch), std::move(segments));
  if (!committed) {
    if (segment) RemoveUnlessNamed(segment->header.number);
    return committed;
  }
  if (merging_) {
    merging_->removed.insert(merging_->removed.end(), removed.begin(), removed.end());
  }
  return {};
}

// Adds to infos[at] the bytes that segments[at] holds of those removed. What cannot be read is left
// out: a damaged segment must not keep new ones from being made.
void StreamStore::CountDead(const std::vector<StreamId>& removed, size_t at,
                            const Segments& segments, std::vector<SegmentInfo>& infos) {
  for (const StreamId id : removed) {
    infos[at].dead_bytes += segments[at]->BytesOf(id).value_or(0);
  }
}

// The segments are published first: whoever finds a stream in the catalog finds its state, too.
StorageResult<void> StreamStore::CommitHead(CatalogBatch batch,
                                            std::shared_ptr<const Segments> segments) {
  batch.head.last_segment = last_number_;
  std::shared_ptr<const Segments> before = Snapshot();
  Publish(std::move(segments));
  if (const auto committed = catalog_->Commit(batch); !committed) {
    Publish(std::move(before));
    return std::unexpected(committed.error());
  }
  head_ = std::move(batch.head);
  version_.fetch_add(1, std::memory_order_release);
  return {};
}

StorageResult<bool> StreamStore::MergeStep(size_t bytes, bool is_at_rest) {
  if (!merging_) {
    const auto begun = BeginMerge(is_at_rest);
    if (!begun || !*begun) return begun;
  }
  const auto more = merging_->merge.Step(bytes);
  merge_step_bytes_ = merging_->merge.step_bytes();
  if (more && *more) return true;
  if (!more && SetAsideDamaged(more.error())) {
    AbandonMerge();
    return Plan(is_at_rest).has_value();
  }
  auto merged = more ? EndMerge() : std::unexpected(more.error());
  if (!merged) {
    AbandonMerge();
    return std::unexpected(merged.error());
  }
  const uint64_t number = merging_->number;
  merging_.reset();
  const auto committed = CommitHead(std::move(merged->batch), std::move(merged->segments));
  if (!committed) {
    RemoveUnlessNamed(number);
    return std::unexpected(committed.error());
  }
  merges_.Add();
  for (const uint64_t needless : merged->needless) RemoveFile(needless);
  return Plan(is_at_rest).has_value();
}

void StreamStore::AbandonMerge() {
  THALWEG_ASSERT(merging_.has_value());
  const uint64_t number = merging_->number;
  merging_.reset();
  RemoveFile(number);
}

std::optional<MergePlan> StreamStore::Plan(bool is_at_rest) const {
  return PlanMerge(head_.segments, set_aside_, is_at_rest,
                   [this](const SegmentInfo& info) { return NeedlessBytesOf(info); });
}

// There are no more streams than the catalog has: of a segment with more entries, some are
// needless.
uint64_t StreamStore::NeedlessBytesOf(const SegmentInfo& info) const {
  const auto segments = Snapshot();
  const auto segment = std::ranges::find_if(
      *segments, [&](const auto& one) { return one->footer().header.number == info.number; });
  const auto streams = catalog_->Count();
  if (segment == segments->end() || !streams) return 0;
  const uint64_t entries = (*segment)->footer().streams;
  if (entries <= *streams) return 0;
  return (info.file_bytes - info.data_bytes) / entries * (entries - *streams);
}

// False: the merge has not failed for damage of a segment. REQUIRES: it has failed.
bool StreamStore::SetAsideDamaged(const StorageFault& fault) {
  const std::optional<size_t> input = merging_->merge.damaged();
  if (!input) return false;
  set_aside_.push_back(head_.segments[merging_->plan.first + *input].number);
  set_aside_count_.Set(set_aside_.size());
  if (on_set_aside_) on_set_aside_(fault);
  return true;
}

StorageResult<bool> StreamStore::BeginMerge(bool is_at_rest) {
  const std::optional<MergePlan> plan = Plan(is_at_rest);
  if (!plan) return false;
  auto writer = NewSegment();
  if (!writer) return std::unexpected(writer.error());
  const std::shared_ptr<const Segments> all = Snapshot();
  const auto first = all->begin() + static_cast<ptrdiff_t>(plan->first);
  const uint64_t number = (*writer)->number();
  merging_.emplace(Merging{
      .plan = *plan,
      .number = number,
      .merge = SegmentMerge(*catalog_, Segments(first, first + static_cast<ptrdiff_t>(plan->count)),
                            *std::move(writer), after_piece_),
      .removed = {}});
  return true;
}

StorageResult<StreamStore::Merged> StreamStore::EndMerge() {
  const auto footer = merging_->merge.Finish();
  if (!footer) return std::unexpected(footer.error());
  Merged merged;
  CatalogBatch& batch = merged.batch;
  batch.head = head_;
  auto segments = std::make_shared<Segments>(*Snapshot());
  const auto first = static_cast<ptrdiff_t>(merging_->plan.first);
  const auto last = first + static_cast<ptrdiff_t>(merging_->plan.count);
  std::vector<SegmentInfo>& infos = batch.head.segments;
  for (auto info = infos.begin() + first; info != infos.begin() + last; ++info) {
    merged.needless.push_back(info->number);
  }
  infos.erase(infos.begin() + first, infos.begin() + last);
  segments->erase(segments->begin() + first, segments->begin() + last);
  if (*footer) {
    auto opened = Segment::Open(disk_, (*footer)->header);
    if (!opened) return std::unexpected(opened.error());
    segments->insert(segments->begin() + first, *std::move(opened));
    infos.insert(infos.begin() + first, InfoOf(**footer, merging_->plan.level));
    CountDead(merging_->removed, merging_->plan.first, *segments, infos);
  }
  if (!*footer) merged.needless.push_back(merging_->number);  // no stream was left to keep
  merged.segments = std::move(segments);
  return merged;
}

// After a commit that failed, which will be tried with another file. Where it cannot be known
// whether it happened, the next start knows.
void StreamStore::RemoveUnlessNamed(uint64_t number) {
  const auto head = catalog_->Head();
  if (!head || *head != head_) return;
  RemoveFile(number);
}

// Readers hold what they read open. Where this fails, the next start removes it.
void StreamStore::RemoveFile(uint64_t number) {
  [[maybe_unused]] const auto removed = folder_.Remove(SegmentFileName(number));
}

}  // namespace thalweg
