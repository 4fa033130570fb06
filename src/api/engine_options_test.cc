#include "api/engine_options.h"

#include <gtest/gtest.h>

#include "storage/log_format.h"

namespace thalweg {
namespace {

TEST(EngineOptions, EachOptionLandsInItsOwnPlace) {
  const DirectoryId directory{1, 2, 3};
  const StoreOptions options{.log_file_bytes = 5 * kLogPageBytes,
                             .checkpoint_log_bytes = 50 * kLogPageBytes,
                             .checkpoint_age_ms = 6'000,
                             .tail_bytes_max = 7'000'000,
                             .merge_bytes_per_s = 8'000'000};
  const DurableEngineOptions durable = EngineOptionsOf(options, directory);
  EXPECT_EQ(durable.log.directory, directory);
  EXPECT_EQ(durable.log.file_bytes, 5 * kLogPageBytes);
  EXPECT_EQ(durable.log.spares_max, 22u) << "twice the ten files of a checkpoint and one";
  EXPECT_EQ(durable.keeper.log_bytes_max, 50 * kLogPageBytes);
  EXPECT_EQ(durable.keeper.age_ms_max, 6'000);
  EXPECT_EQ(durable.keeper.tail_bytes_max, 7'000'000u);
  EXPECT_EQ(durable.keeper.streams_in_memory_max, StreamsThatFit(7'000'000));
  EXPECT_EQ(durable.keeper.merge_bytes_per_s, 8'000'000u);
}

TEST(EngineOptions, FilesOfTheLogAreWholePagesAndThreeAtLeast) {
  EXPECT_EQ(EngineOptionsOf({.log_file_bytes = 1}, {}).log.file_bytes, 3 * kLogPageBytes);
  EXPECT_EQ(EngineOptionsOf({.log_file_bytes = 4 * kLogPageBytes + 1}, {}).log.file_bytes,
            5 * kLogPageBytes);
}

TEST(EngineOptions, MemoryForTailsIsBoundedWhateverIsAskedFor) {
  EXPECT_EQ(EngineOptionsOf({.tail_bytes_max = 0}, {}).keeper.tail_bytes_max, 1u);
}

// Each costs a start its time.
TEST(EngineOptions, TheLogKeepsNoMoreThanSoManySpareFiles) {
  const StoreOptions options{.log_file_bytes = 1, .checkpoint_log_bytes = uint64_t{1} << 40};
  EXPECT_EQ(EngineOptionsOf(options, {}).log.spares_max, 1'024u);
}

}  // namespace
}  // namespace thalweg
