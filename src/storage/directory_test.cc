#include "storage/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "storage/disk_error.h"

namespace thalweg {
namespace {

using testing::ElementsAre;

class NullFile final : public File {
 public:
  DiskResult<size_t> ReadAt(uint64_t, std::span<char>) const override { return 0; }
  DiskResult<void> WriteAt(uint64_t, std::string_view) override { return {}; }
  DiskResult<void> Sync() override { return {}; }
  void DropCache(const std::function<void()>&) override {}
  DiskResult<void> Allocate(uint64_t) override { return {}; }
  DiskResult<void> Truncate(uint64_t) override { return {}; }
  DiskResult<uint64_t> Size() const override { return 0; }
  int fd() const override { return -1; }
};

// Writes down what it is asked for; from call number `fail_at` on, it fails.
class RecordingDisk final : public Disk {
 public:
  DiskResult<std::unique_ptr<File>> Open(const std::string& path, Mode mode) override {
    return Answer<std::unique_ptr<File>>((mode == Mode::kCreate ? "create " : "open ") + path,
                                         std::make_unique<NullFile>());
  }
  DiskResult<void> Rename(const std::string& from, const std::string& to) override {
    return Answer("rename " + from + " " + to);
  }
  DiskResult<void> Remove(const std::string& path) override { return Answer("remove " + path); }
  DiskResult<void> MakeDirectory(const std::string& path) override {
    return Answer("mkdir " + path);
  }
  DiskResult<void> SyncDirectory(const std::string& path) override {
    return Answer("sync [" + path + "]");
  }
  DiskResult<std::vector<std::string>> List(const std::string& path) override {
    return Answer<std::vector<std::string>>("list " + path, {"x"});
  }
  DiskResult<std::unique_ptr<File>> Lock(const std::string& path) override {
    return Answer<std::unique_ptr<File>>("lock " + path, std::make_unique<NullFile>());
  }

  std::vector<std::string> calls;
  size_t fail_at = SIZE_MAX;
  int fail_code = EIO;

 private:
  DiskResult<void> Answer(const std::string& call) {
    calls.push_back(call);
    if (calls.size() > fail_at) return DiskFailure(fail_code, call);
    return {};
  }
  template <typename T>
  DiskResult<T> Answer(const std::string& call, T value) {
    if (DiskResult<void> answer = Answer(call); !answer) return std::unexpected(answer.error());
    return value;
  }
};

TEST(Directory, SyncsAfterEachChangeOfAName) {
  RecordingDisk disk;
  Directory root(disk, "");
  Directory log = root.MakeDirectory("log").value();
  EXPECT_TRUE(log.Create("1").has_value());
  EXPECT_TRUE(log.RenameInto(log, "1", "2").has_value());
  EXPECT_TRUE(log.RenameInto(root, "2", "kept").has_value());
  EXPECT_TRUE(root.Remove("kept").has_value());
  EXPECT_THAT(disk.calls, ElementsAre("mkdir log", "sync []", "create log/1", "sync [log]",
                                      "rename log/1 log/2", "sync [log]", "rename log/2 kept",
                                      "sync []", "sync [log]", "remove kept", "sync []"));
}

TEST(Directory, OpensAndListsWithoutASync) {
  RecordingDisk disk;
  Directory log(disk, "log");
  EXPECT_TRUE(log.Open("1", Disk::Mode::kRead).has_value());
  EXPECT_THAT(log.List().value(), ElementsAre("x"));
  EXPECT_THAT(disk.calls, ElementsAre("open log/1", "list log"));
}

// Whatever step fails, the caller hears of it and no later step is tried.
TEST(Directory, StopsAtTheFirstStepThatFails) {
  struct Row {
    const char* why;
    size_t steps;
    bool (*change)(Directory& log, Directory& root);
  };
  const Row rows[] = {
      {"make directory", 2,
       [](Directory&, Directory& root) { return root.MakeDirectory("l").has_value(); }},
      {"create", 2, [](Directory& log, Directory&) { return log.Create("1").has_value(); }},
      {"remove", 2, [](Directory& log, Directory&) { return log.Remove("1").has_value(); }},
      {"rename", 3,
       [](Directory& log, Directory& root) { return log.RenameInto(root, "1", "2").has_value(); }},
  };
  for (const Row& row : rows) {
    for (size_t fail_at = 0; fail_at <= row.steps; ++fail_at) {
      RecordingDisk disk;
      disk.fail_at = fail_at;
      Directory root(disk, "");
      Directory log(disk, "log");
      const bool fails = fail_at < row.steps;
      EXPECT_EQ(row.change(log, root), !fails) << row.why << fail_at;
      EXPECT_EQ(disk.calls.size(), fails ? fail_at + 1 : row.steps) << row.why << fail_at;
    }
  }
}

TEST(Directory, TakesWhatIsNotThereForRemovedOnlyWhereThatIsAsked) {
  RecordingDisk disk;
  disk.fail_at = 0;
  Directory root(disk, "");
  for (const int code : {ENOENT, EIO}) {
    disk.fail_code = code;
    EXPECT_EQ(root.RemoveIfThere("1").has_value(), code == ENOENT);
    EXPECT_EQ(root.Remove("1").error().code, code);
  }
}

}  // namespace
}  // namespace thalweg
