#include "server/damaged_run.h"

#include <gtest/gtest.h>

#include <string>

#include "storage/posix_disk.h"
#include "testing/temp_folder.h"
#include "thalweg/store.h"

namespace thalweg {
namespace {

// What the store itself can read then: Verify, TellsWhatTheStoreCannotReadForWantOfTables.
TEST(DamagedRunTeller, SaysWhatAStreamLosesWithEachPartOfARun) {
  const TempFolder folder;
  const std::string path = folder.path();
  const std::string text(100'000, 'x');  // so long that these are not merged
  for (const char* name : {"a", "b"}) {  // a segment for each
    ASSERT_TRUE(Store::Open(path).value()->Create(name, {.initial_data = text}));
  }
  const auto disk = PosixDisk::Open(path).value();
  const auto directory = DirectoryAtRest::Open(*disk, path).value();
  const std::optional<CatalogHead> head = directory->OpenCatalog().value()->Head().value();
  ASSERT_EQ(head->segments.size(), 2u);
  const uint64_t oldest = head->segments[0].number;
  const SegmentRun inner{.id = {1}, .base = {0}, .bytes = 4, .appends = 1};
  SegmentRun a = inner;
  a.state_bytes = 9;
  SegmentRun b = a;
  b.id = {2};
  SegmentRun b_empty = b;
  b_empty.bytes = 0;
  SegmentRun other = a;
  other.id = {3};
  struct Row {
    const char* why;
    const SegmentRun& run;
    RunPart part;
    const char* want;
  };
  const Row rows[] = {
      {"bytes", a, RunPart::kBytes, "this is among bytes 0 up to 4 of stream 1 at a"},
      {"no state", inner, RunPart::kTables, "bytes 0 up to 4 of stream 1 at a cannot be read"},
      {"the last state", a, RunPart::kTables, "stream 1 at a cannot be read at all"},
      {"an older one", b, RunPart::kTables, "bytes 0 up to 4 of stream 2 at b cannot be read"},
      {"nothing else", b_empty, RunPart::kTables,
       "a newer segment has what is needed of stream 2 at b"},
      {"no stream", other, RunPart::kTables,
       "this is of stream 3, which was deleted: nobody reads it"},
  };
  DamagedRunTeller teller(*directory, head, true);
  for (const Row& row : rows) {
    EXPECT_EQ(teller.Consequence(oldest, row.run, row.part), row.want) << row.why;
  }
  EXPECT_EQ(DamagedRunTeller(*directory, head, false).Consequence(oldest, a, RunPart::kTables),
            "stream 1 cannot be read at all");
  EXPECT_EQ(DamagedRunTeller(*directory, {}, false).Consequence(oldest, a, RunPart::kTables),
            "bytes 0 up to 4 of stream 1 cannot be read, nor the rest of it if no newer segment "
            "has the stream");
}

}  // namespace
}  // namespace thalweg
