// What every Disk promises while nothing goes wrong, as tests. INSTANTIATE_TYPED_TEST_SUITE_P it
// with a default-constructible type that owns an empty disk and has
//   Disk& disk();
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "storage/disk.h"
#include "storage/zero_fill.h"

namespace thalweg {

template <typename Case>
class DiskSuite : public testing::Test {
 protected:
  Disk& disk() { return case_.disk(); }

  std::unique_ptr<File> Open(const std::string& path, Disk::Mode mode) {
    DiskResult<std::unique_ptr<File>> file = disk().Open(path, mode);
    EXPECT_TRUE(file.has_value()) << file.error().message;
    return file ? std::move(*file) : nullptr;
  }

  std::unique_ptr<File> Create(const std::string& path, std::string_view content = {}) {
    std::unique_ptr<File> file = Open(path, Disk::Mode::kCreate);
    EXPECT_TRUE(file->WriteAt(0, content).has_value());
    return file;
  }

  int OpenCode(const std::string& path, Disk::Mode mode) { return CodeOf(disk().Open(path, mode)); }

  static std::string Read(const File& file, uint64_t offset, size_t size) {
    std::string out(size, '?');
    const DiskResult<size_t> got = file.ReadAt(offset, std::span(out.data(), out.size()));
    EXPECT_TRUE(got.has_value()) << got.error().message;
    out.resize(got.value_or(0));
    return out;
  }

  std::string Content(const std::string& path) {
    return Read(*Open(path, Disk::Mode::kRead), 0, 1 << 20);
  }

  // 0: it went well.
  template <typename T>
  static int CodeOf(const DiskResult<T>& result) {
    return result ? 0 : result.error().code;
  }

 private:
  Case case_;
};

TYPED_TEST_SUITE_P(DiskSuite);

TYPED_TEST_P(DiskSuite, ReadsBackWhatWasWrittenAtAnyPlace) {
  const auto file = this->Create("a", "0123456789");
  EXPECT_TRUE(file->WriteAt(5, "xyz").has_value());
  EXPECT_TRUE(file->WriteAt(510, "over a sector's edge").has_value());
  EXPECT_EQ(this->Read(*file, 0, 10), "01234xyz89");
  EXPECT_EQ(this->Read(*file, 510, 20), "over a sector's edge");
  EXPECT_EQ(this->Read(*file, 10, 500), std::string(500, '\0'));
  EXPECT_EQ(file->Size().value(), 530U);
}

TYPED_TEST_P(DiskSuite, ReadsFewerBytesOnlyWhereTheFileEnds) {
  const auto file = this->Create("a", std::string(1000, 'a'));
  EXPECT_EQ(this->Read(*file, 0, 1000).size(), 1000U);
  EXPECT_EQ(this->Read(*file, 990, 100).size(), 10U);
  EXPECT_EQ(this->Read(*file, 1000, 100).size(), 0U);
  EXPECT_EQ(this->Read(*file, 5000, 100).size(), 0U);
}

TYPED_TEST_P(DiskSuite, EveryHandleSeesWhatAnotherWrote) {
  const auto writer = this->Create("a");
  const auto reader = this->Open("a", Disk::Mode::kRead);
  EXPECT_TRUE(writer->WriteAt(0, "now").has_value());
  EXPECT_TRUE(writer->Sync().has_value());
  EXPECT_EQ(this->Read(*reader, 0, 10), "now");
}

TYPED_TEST_P(DiskSuite, OpensByModeOrSaysWhyNot) {
  this->Create("file");
  ASSERT_TRUE(this->disk().MakeDirectory("dir").has_value());
  struct Row {
    const char* why;
    const char* path;
    Disk::Mode mode;
    int want;
  };
  const Row rows[] = {
      {"read what is there", "file", Disk::Mode::kRead, 0},
      {"write what is there", "file", Disk::Mode::kReadWrite, 0},
      {"create what is there", "file", Disk::Mode::kCreate, EEXIST},
      {"read what is not there", "none", Disk::Mode::kRead, ENOENT},
      {"write what is not there", "none", Disk::Mode::kReadWrite, ENOENT},
      {"create below a directory", "dir/new", Disk::Mode::kCreate, 0},
      {"create below nothing", "none/new", Disk::Mode::kCreate, ENOENT},
      {"create below a file", "file/new", Disk::Mode::kCreate, ENOTDIR},
      {"read a directory", "dir", Disk::Mode::kRead, EISDIR},
      {"write a directory", "dir", Disk::Mode::kReadWrite, EISDIR},
      {"create over a directory", "dir", Disk::Mode::kCreate, EEXIST},
  };
  for (const Row& row : rows) EXPECT_EQ(this->OpenCode(row.path, row.mode), row.want) << row.why;
}

TYPED_TEST_P(DiskSuite, AFileOpenedForReadingIsNotWritten) {
  this->Create("a", "kept");
  const auto file = this->Open("a", Disk::Mode::kRead);
  EXPECT_EQ(this->CodeOf(file->WriteAt(0, "lost")), EBADF);
  EXPECT_EQ(this->Content("a"), "kept");
}

TYPED_TEST_P(DiskSuite, AllocateAddsZerosAndNeverTakesAway) {
  const auto file = this->Create("a", "abc");
  EXPECT_TRUE(file->Allocate(5000).has_value());
  EXPECT_EQ(this->Read(*file, 0, 9999), "abc" + std::string(4997, '\0'));
  EXPECT_TRUE(file->Allocate(2).has_value());
  EXPECT_TRUE(file->Allocate(0).has_value());
  EXPECT_EQ(file->Size().value(), 5000U);
}

TYPED_TEST_P(DiskSuite, FillingWithZerosKeepsWhatIsThere) {
  const auto file = this->Create("a", "abc");
  EXPECT_TRUE(file->Truncate(9000).has_value());
  EXPECT_TRUE(file->WriteAt(8999, "z").has_value());
  EXPECT_TRUE(FillWithZeros(*file, 10000).has_value());
  EXPECT_EQ(this->Read(*file, 0, 20000),
            "abc" + std::string(8996, '\0') + "z" + std::string(1000, '\0'));
}

TYPED_TEST_P(DiskSuite, TruncateCutsAndWhatComesBackIsZero) {
  const auto file = this->Create("a", std::string(3000, 'a'));
  EXPECT_TRUE(file->Truncate(1000).has_value());
  EXPECT_EQ(file->Size().value(), 1000U);
  EXPECT_TRUE(file->Truncate(2000).has_value());
  EXPECT_EQ(this->Read(*file, 0, 9999), std::string(1000, 'a') + std::string(1000, '\0'));
}

TYPED_TEST_P(DiskSuite, RenameReplacesAndKeepsHandlesGoing) {
  const auto file = this->Create("new", "new");
  const auto replaced = this->Create("old", "old");
  ASSERT_TRUE(this->disk().MakeDirectory("dir").has_value());
  EXPECT_TRUE(this->disk().Rename("new", "old").has_value());
  EXPECT_TRUE(file->WriteAt(3, "er").has_value());
  EXPECT_EQ(this->Content("old"), "newer");
  EXPECT_EQ(this->Read(*replaced, 0, 9), "old");
  EXPECT_EQ(this->OpenCode("new", Disk::Mode::kRead), ENOENT);
  EXPECT_TRUE(this->disk().Rename("old", "dir/moved").has_value());
  EXPECT_EQ(this->Content("dir/moved"), "newer");
  EXPECT_TRUE(this->disk().Rename("dir", "place").has_value());
  EXPECT_EQ(this->Content("place/moved"), "newer");
}

TYPED_TEST_P(DiskSuite, RenameOntoItselfChangesNothing) {
  this->Create("a", "same");
  EXPECT_TRUE(this->disk().Rename("a", "a").has_value());
  EXPECT_EQ(this->Content("a"), "same");
}

TYPED_TEST_P(DiskSuite, RefusesNamesThatDoNotFit) {
  this->Create("file");
  ASSERT_TRUE(this->disk().MakeDirectory("dir").has_value());
  this->Create("dir/inside");
  ASSERT_TRUE(this->disk().MakeDirectory("other").has_value());
  Disk& disk = this->disk();
  EXPECT_EQ(this->CodeOf(disk.Rename("none", "x")), ENOENT);
  EXPECT_EQ(this->CodeOf(disk.Rename("file", "none/x")), ENOENT);
  EXPECT_EQ(this->CodeOf(disk.Rename("file", "dir")), EISDIR);
  EXPECT_EQ(this->CodeOf(disk.Rename("dir", "file")), ENOTDIR);
  EXPECT_EQ(this->CodeOf(disk.Rename("other", "dir")), ENOTEMPTY);
  EXPECT_EQ(this->CodeOf(disk.Rename("dir", "dir/inside/x")), ENOTDIR);
  EXPECT_EQ(this->CodeOf(disk.Rename("dir", "dir/below")), EINVAL);
  EXPECT_EQ(this->CodeOf(disk.Remove("none")), ENOENT);
  EXPECT_EQ(this->CodeOf(disk.Remove("dir")), EISDIR);
  EXPECT_EQ(this->CodeOf(disk.MakeDirectory("dir")), EEXIST);
  EXPECT_EQ(this->CodeOf(disk.MakeDirectory("file")), EEXIST);
  EXPECT_EQ(this->CodeOf(disk.MakeDirectory("none/x")), ENOENT);
  EXPECT_EQ(this->CodeOf(disk.SyncDirectory("none")), ENOENT);
  EXPECT_EQ(this->CodeOf(disk.SyncDirectory("file")), ENOTDIR);
  EXPECT_EQ(this->CodeOf(disk.List("none")), ENOENT);
  EXPECT_EQ(this->CodeOf(disk.List("file")), ENOTDIR);
}

TYPED_TEST_P(DiskSuite, ARemovedFileLivesOnForItsHandles) {
  const auto file = this->Create("a", "still here");
  EXPECT_TRUE(this->disk().Remove("a").has_value());
  EXPECT_EQ(this->OpenCode("a", Disk::Mode::kRead), ENOENT);
  EXPECT_EQ(this->Read(*file, 0, 99), "still here");
  this->Create("a", "another");
  EXPECT_EQ(this->Read(*file, 0, 99), "still here");
}

TYPED_TEST_P(DiskSuite, ListsNamesInOrder) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(this->disk().List("").value(), Names());
  for (const char* name : {"b", "a", "c"}) this->Create(name);
  ASSERT_TRUE(this->disk().MakeDirectory("B").has_value());
  this->Create("B/inside");
  EXPECT_EQ(this->disk().List("").value(), (Names{"B", "a", "b", "c"}));
  EXPECT_EQ(this->disk().List("B").value(), Names{"inside"});
  EXPECT_TRUE(this->disk().SyncDirectory("").has_value());
  EXPECT_TRUE(this->disk().SyncDirectory("B").has_value());
}

TYPED_TEST_P(DiskSuite, ALockHasOneHolderForAsLongAsItLives) {
  DiskResult<std::unique_ptr<File>> first = this->disk().Lock("lock");
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(this->CodeOf(this->disk().Lock("lock")), EWOULDBLOCK);
  first->reset();
  EXPECT_EQ(this->CodeOf(this->disk().Lock("lock")), 0);
  EXPECT_EQ(this->disk().List("").value(), std::vector<std::string>{"lock"});
}

TYPED_TEST_P(DiskSuite, AFailureSaysWhatWasTriedOnWhatAndWhy) {
  const auto missing = this->disk().Open("log/1.log", Disk::Mode::kRead);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message, "open log/1.log: No such file or directory");
  this->Create("a", "kept");
  const auto file = this->Open("a", Disk::Mode::kRead);
  const auto written = file->WriteAt(8192, "lost");
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().message, "write 4 bytes at 8192 of a: Bad file descriptor");
}

TYPED_TEST_P(DiskSuite, ManyMayReadWhileOneWritesElsewhereInTheFile) {
  constexpr int kReaders = 3;
  constexpr int kRounds = 200;
  const std::string safe(2000, 's');
  const auto file = this->Create("a", safe);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        if (this->Read(*file, 0, 2000) != safe) ++wrong;
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    EXPECT_TRUE(file->WriteAt(2000 + round * 10, "0123456789").has_value());
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

REGISTER_TYPED_TEST_SUITE_P(DiskSuite, ReadsBackWhatWasWrittenAtAnyPlace,
                            ReadsFewerBytesOnlyWhereTheFileEnds, EveryHandleSeesWhatAnotherWrote,
                            OpensByModeOrSaysWhyNot, AFileOpenedForReadingIsNotWritten,
                            AllocateAddsZerosAndNeverTakesAway, FillingWithZerosKeepsWhatIsThere,
                            TruncateCutsAndWhatComesBackIsZero, RenameReplacesAndKeepsHandlesGoing,
                            RenameOntoItselfChangesNothing, RefusesNamesThatDoNotFit,
                            ARemovedFileLivesOnForItsHandles, ListsNamesInOrder,
                            ALockHasOneHolderForAsLongAsItLives,
                            AFailureSaysWhatWasTriedOnWhatAndWhy,
                            ManyMayReadWhileOneWritesElsewhereInTheFile);

}  // namespace thalweg
