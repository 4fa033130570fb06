// A catalog in memory that outlives the engines of a simulation: a transaction is there wholly or
// not at all, and can be told to fail.
//
// Crosses threads: one mutex guards all of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "storage/catalog.h"

namespace thalweg {

class SimCatalog final : public Catalog {
 public:
  // The next Commit fails without effect; `is_shortage`: because the disk is full.
  void FailNextCommit(bool is_shortage = false);

  // After so many, looks for an id fail: who looks without an end finds one.
  void FailFindsAfter(uint64_t finds);

  // Somebody else gets between the next List and who asked for it.
  void BehindNextList(std::function<void()> meanwhile);

  // Catalog
  [[nodiscard]] StorageResult<CatalogHead> Head() const override;
  [[nodiscard]] StorageResult<std::optional<CatalogEntry>> Find(
      std::string_view path) const override;
  [[nodiscard]] StorageResult<std::optional<CatalogEntry>> Find(StreamId id) const override;
  [[nodiscard]] StorageResult<std::vector<CatalogEntry>> List(std::string_view prefix,
                                                              std::string_view after,
                                                              size_t limit) const override;
  [[nodiscard]] StorageResult<std::vector<StreamId>> Ids(StreamId after,
                                                         size_t limit) const override;
  [[nodiscard]] StorageResult<uint64_t> Count() const override;
  [[nodiscard]] StorageResult<std::vector<ExpiryDue>> Due(int64_t at_ms, ExpiryDue after,
                                                          size_t limit) const override;
  [[nodiscard]] StorageResult<void> Commit(const CatalogBatch& batch) override;

 private:
  mutable std::mutex mutex_;
  std::map<uint64_t, CatalogEntry> by_id_;
  std::map<std::string, uint64_t, std::less<>> by_path_;
  CatalogHead head_;
  mutable uint64_t finds_left_ = UINT64_MAX;
  mutable std::function<void()> behind_list_;
  std::optional<StorageFault> next_fault_;
};

// What an engine owns of a catalog that outlives it.
class BorrowedCatalog : public Catalog {
 public:
  explicit BorrowedCatalog(Catalog& catalog) : catalog_(catalog) {}

  [[nodiscard]] StorageResult<CatalogHead> Head() const override { return catalog_.Head(); }
  [[nodiscard]] StorageResult<std::optional<CatalogEntry>> Find(
      std::string_view path) const override {
    return catalog_.Find(path);
  }
  [[nodiscard]] StorageResult<std::optional<CatalogEntry>> Find(StreamId id) const override {
    return catalog_.Find(id);
  }
  [[nodiscard]] StorageResult<std::vector<CatalogEntry>> List(std::string_view prefix,
                                                              std::string_view after,
                                                              size_t limit) const override {
    return catalog_.List(prefix, after, limit);
  }
  [[nodiscard]] StorageResult<std::vector<StreamId>> Ids(StreamId after,
                                                         size_t limit) const override {
    return catalog_.Ids(after, limit);
  }
  [[nodiscard]] StorageResult<uint64_t> Count() const override { return catalog_.Count(); }
  [[nodiscard]] StorageResult<std::vector<ExpiryDue>> Due(int64_t at_ms, ExpiryDue after,
                                                          size_t limit) const override {
    return catalog_.Due(at_ms, after, limit);
  }
  [[nodiscard]] StorageResult<void> Commit(const CatalogBatch& batch) override {
    return catalog_.Commit(batch);
  }

 private:
  Catalog& catalog_;
};

}  // namespace thalweg
