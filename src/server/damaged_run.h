// What damage in a run of a segment means for its stream, in words for the operator.
//
// Opens the catalog with the first, for the path. THREAD: one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/directory_at_rest.h"
#include "storage/catalog.h"
#include "storage/lmdb_catalog.h"
#include "storage/segment_format.h"
#include "storage/segment_walker.h"

namespace thalweg {

class DamagedRunTeller {
 public:
  // `head` is the catalog's, and null where that cannot be read. REQUIRES: both outlive it; where
  // `catalog_is_whole`, nobody else has the catalog open.
  DamagedRunTeller(DirectoryAtRest& directory, const std::optional<CatalogHead>& head,
                   bool catalog_is_whole)
      : directory_(directory), head_(head), catalog_is_whole_(catalog_is_whole) {}

  // Of damage in this part of a run in the segment with this number. Follows a semicolon.
  std::string Consequence(uint64_t segment, const SegmentRun& run, RunPart part);

 private:
  // "stream 1", and " at a" where that is known. Null: it was deleted.
  std::optional<std::string> NameOf(StreamId id);

  // Whether a newer segment than this has something of `id`, its state among that. Null: nobody can
  // tell.
  std::optional<bool> HasNewer(uint64_t segment, StreamId id);

  DirectoryAtRest& directory_;
  const std::optional<CatalogHead>& head_;
  const bool catalog_is_whole_;
  std::unique_ptr<LmdbCatalog> catalog_;  // null: not open yet
};

}  // namespace thalweg
