// What is checkpointed: every stream's configuration, state and bytes as of the last checkpoint,
// behind one door. The catalog says which streams and segments there are; segments hold the rest.
//
// Crosses threads: Find and Read come from any thread at any time. What changes something comes
// from one thread at a time. Holds the segments open: one descriptor each.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counter.h"
#include "storage/catalog.h"
#include "storage/directory.h"
#include "storage/fault.h"
#include "storage/folder_names.h"
#include "storage/segment.h"
#include "storage/segment_merge.h"
#include "storage/segment_writer.h"
#include "storage/stored_stream.h"
#include "storage/wait_forecast.h"

namespace thalweg {

// What a checkpoint changes in the catalog.
struct StoreChange {
  Lsn checkpoint;
  StreamId last_id;
  std::vector<StreamId> removed;  // unknown ones are no error
  std::vector<CatalogEntry> put;
};

// Which neighbours among `segments` (oldest first) to make one of: many of one level, or one with
// much in it that is dead; at rest, where files are much longer than what lives in them, also a
// segment that is not longer than all newer ones together, with those, or all of them where a third
// has come. So a byte is written again at most once for each time that the data grows by that.
// Those whose numbers are `set_aside` stay as they are and where they are: what is older and what
// is newer is merged each by itself. `needless` tells how much of a segment are entries, not bytes,
// of streams that are no more. Pure.
struct MergePlan {
  size_t first = 0;
  size_t count = 0;
  uint32_t level = 0;  // of the result
};
using NeedlessBytes = std::function<uint64_t(const SegmentInfo&)>;
std::optional<MergePlan> PlanMerge(std::span<const SegmentInfo> segments,
                                   std::span<const uint64_t> set_aside, bool is_at_rest,
                                   const NeedlessBytes& needless);

class StreamStore {
 public:
  // Opens every segment that the catalog names. REQUIRES: `disk` outlives the store.
  [[nodiscard]] static StorageResult<std::unique_ptr<StreamStore>> Open(
      Disk& disk, const DirectoryId& directory, std::unique_ptr<Catalog> catalog);

  // Removes the segments that stood there at Open and that the catalog does not name: left behind
  // by an unfinished checkpoint or merge. REQUIRES: the log goes with the catalog. Where that is
  // older than it should be, they may be all that is left of what the log has no more.
  [[nodiscard]] StorageResult<void> RemoveLeftovers();

  const Catalog& catalog() const { return *catalog_; }
  Lsn checkpoint() const { return head_.checkpoint; }
  StreamId last_id() const { return head_.last_id; }
  const std::vector<SegmentInfo>& segments() const { return head_.segments; }
  uint64_t streams_at_open() const { return streams_at_open_; }

  // What there is and was done, for the operator. THREAD: any.
  struct Totals {
    uint64_t segments = 0;
    uint64_t segment_bytes = 0;  // of their files
    uint64_t set_aside = 0;      // segments that were found damaged
    uint64_t merges = 0;         // that hold
  };
  Totals totals() const;

  [[nodiscard]] StorageResult<std::optional<StoredStream>> Find(std::string_view path) const;
  [[nodiscard]] StorageResult<std::optional<StoredStream>> Find(StreamId id) const;

  // Whether Find is to be expected to wait for the disk. The look into the catalog cannot be told
  // not to.
  bool finds_wait() const { return find_waits_.expects_to_wait(); }

  // Whole appends of `id` from `from`; null: no segment has what stands there.
  [[nodiscard]] StorageResult<std::optional<SegmentStretch>> Read(
      StreamId id, Offset from, Offset limit, const StretchRequest& request) const;

  // Grows whenever what Find tells may have changed: what was found before is stale after it.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // `after_piece` is called in the midst of writing segments, by the thread that writes.
  void SetAfterPiece(AfterPiece after_piece) { after_piece_ = std::move(after_piece); }

  // `on_set_aside` is called where a merge finds a segment damaged, by the thread that merges: it
  // is left as it is, and the others are merged around it.
  using OnSetAside = std::function<void(const StorageFault&)>;
  void SetOnSetAside(OnSetAside on_set_aside) { on_set_aside_ = std::move(on_set_aside); }

  // A new file for a checkpoint: give it to Commit when it is finished, or else to Abandon.
  [[nodiscard]] StorageResult<std::unique_ptr<SegmentWriter>> NewSegment();
  void Abandon(std::unique_ptr<SegmentWriter> writer);

  // Makes a checkpoint hold: its segment (null: it has none) and its changes, wholly or not at all.
  [[nodiscard]] StorageResult<void> Commit(StoreChange change,
                                           const std::optional<SegmentFooter>& segment);

  // Merges and reclaims, about `bytes` of work; false: nothing is left to do. `is_at_rest`: nothing
  // is written and nobody hurries, so that more is worth doing.
  [[nodiscard]] StorageResult<bool> MergeStep(size_t bytes, bool is_at_rest = false);

  // How much work the last MergeStep that did some has been. THREAD: that of MergeStep.
  size_t merge_step_bytes() const { return merge_step_bytes_; }

  // Whether MergeStep is in the midst of a merge, whose file takes space.
  bool is_merging() const { return merging_.has_value(); }

  // Gives that merge up, and the space. REQUIRES: is_merging().
  void AbandonMerge();

  // For Open.
  StreamStore(Disk& disk, const DirectoryId& directory, std::unique_ptr<Catalog> catalog)
      : disk_(disk),
        directory_(directory),
        folder_(disk, kSegmentsFolder),
        catalog_(std::move(catalog)) {}

 private:
  using Segments = std::vector<std::shared_ptr<const Segment>>;  // oldest first
  struct Merging {
    MergePlan plan;  // of head_.segments: newer ones come behind its inputs
    uint64_t number = 0;
    SegmentMerge merge;
    std::vector<StreamId> removed;  // since it began
  };

  // What a merge comes to, to be committed.
  struct Merged {
    CatalogBatch batch;
    std::shared_ptr<const Segments> segments;
    std::vector<uint64_t> needless;  // files, after the commit
  };

  StorageResult<void> Load();
  StorageResult<void> FindLeftovers();
  template <typename Key>
  StorageResult<std::optional<StoredStream>> FindBy(Key key) const;
  StorageResult<std::optional<StoredStream>> WithState(std::optional<CatalogEntry> entry,
                                                       bool& waited) const;
  StorageResult<std::optional<std::string>> StateOf(StreamId id, bool& waited) const;
  std::shared_ptr<const Segments> Snapshot() const;
  void Publish(std::shared_ptr<const Segments> segments);
  SegmentHeader HeaderOf(uint64_t number) const { return {directory_, number}; }
  static void CountDead(const std::vector<StreamId>& removed, size_t at, const Segments& segments,
                        std::vector<SegmentInfo>& infos);
  std::optional<MergePlan> Plan(bool is_at_rest) const;
  uint64_t NeedlessBytesOf(const SegmentInfo& info) const;
  StorageResult<bool> BeginMerge(bool is_at_rest);
  bool SetAsideDamaged(const StorageFault& fault);
  StorageResult<Merged> EndMerge();
  void RemoveUnlessNamed(uint64_t number);
  void RemoveFile(uint64_t number);
  StorageResult<void> CommitHead(CatalogBatch batch, std::shared_ptr<const Segments> segments);

  Disk& disk_;
  const DirectoryId directory_;
  Directory folder_;
  const std::unique_ptr<Catalog> catalog_;

  mutable std::mutex mutex_;  // guards segments_; no other lock is taken under it
  std::shared_ptr<const Segments> segments_;
  std::atomic<uint64_t> version_{0};
  Counter segment_count_, segment_bytes_, set_aside_count_, merges_;  // for totals()
  mutable WaitForecast find_waits_;

  uint64_t streams_at_open_ = 0;  // constant behind Open

  // The changing thread's own.
  CatalogHead head_;
  AfterPiece after_piece_;
  OnSetAside on_set_aside_;
  std::vector<uint64_t> set_aside_;  // segments that were found damaged, by number
  std::vector<uint64_t> leftovers_;  // see RemoveLeftovers
  uint64_t last_number_ = 0;
  std::optional<Merging> merging_;
  size_t merge_step_bytes_ = 0;
};

}  // namespace thalweg
