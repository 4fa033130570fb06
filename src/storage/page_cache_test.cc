#include "storage/page_cache.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <memory>
#include <string>

#include "storage/log_test_support.h"

namespace thalweg {
namespace {

TEST(PageCache, CountsTheWaitsForPagesOfAMappedFile) {
  constexpr size_t kBytes = 4096;
  LogTestFolder folder;
  auto file = folder.disk().Open("mapped", Disk::Mode::kCreate);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE((*file)->WriteAt(0, std::string(kBytes, 'x')));
  ASSERT_TRUE((*file)->Sync());
  (*file)->DropCache({});
  if (IsCached((*file)->fd(), 0, kBytes)) GTEST_SKIP() << "the folder is not on a disk";
  void* const mapped = mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, (*file)->fd(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  const volatile char& byte = *static_cast<const char*>(mapped);
  const uint64_t before = MapWaitsOfThread();
  const char first = byte;
  const uint64_t after = MapWaitsOfThread();
  const char second = byte;
  const uint64_t at_last = MapWaitsOfThread();
  EXPECT_EQ(first, 'x');
  EXPECT_EQ(after, before + 1);
  EXPECT_EQ(second, 'x');
  EXPECT_EQ(at_last, after) << "it is in memory now";
  munmap(mapped, kBytes);
}

TEST(PageCache, TellsWhatWasReadFromTheDiskFromWhatWasInMemory) {
  LogTestFolder folder;
  auto file = folder.disk().Open("read", Disk::Mode::kCreate);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE((*file)->WriteAt(0, std::string(4096, 'x')));
  ASSERT_TRUE((*file)->Sync());
  (*file)->DropCache({});
  if (IsCached((*file)->fd(), 0, 4096)) GTEST_SKIP() << "the folder is not on a disk";
  char bytes[4096];
  const uint64_t before = DiskReadsOfThread();
  ASSERT_TRUE((*file)->ReadAt(0, bytes));
  const uint64_t after = DiskReadsOfThread();
  ASSERT_TRUE((*file)->ReadAt(0, bytes));
  EXPECT_GT(after, before);
  EXPECT_EQ(DiskReadsOfThread(), after);
}

TEST(PageCache, ALongFileIsDroppedInPieces) {
  constexpr size_t kBytes = (6u << 20) + 4096;
  LogTestFolder folder;
  auto file = folder.disk().Open("long", Disk::Mode::kCreate);
  ASSERT_TRUE(file) << file.error().message;
  const auto write = [&file] {
    ASSERT_TRUE((*file)->WriteAt(0, std::string(kBytes, 'x')));
    ASSERT_TRUE((*file)->Sync());
  };
  write();
  (*file)->DropCache({});
  if (IsCached((*file)->fd(), 0, 1)) GTEST_SKIP() << "the folder is not on a disk";
  write();
  int rests = 0;
  (*file)->DropCache([&rests] { ++rests; });
  EXPECT_EQ(rests, 3);
  for (size_t at = 0; at < kBytes; at += 4096) ASSERT_FALSE(IsCached((*file)->fd(), at, 1)) << at;
}

}  // namespace
}  // namespace thalweg
