#include "engine/unreadable_streams.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "engine/engine.h"
#include "testing/stored_engine.h"

namespace thalweg {
namespace {

// Streams in one segment, what the log has of them since, and a fork that only the log has.
class DamagedStore {
 public:
  DamagedStore() {
    for (const char* path : {"/a", "/b", "/source"}) {
      Create(NewStream(path, kBytesType, std::string(kSectorBytes, path[1])));
    }
    Create(NewFork("/fork", "/source", kSectorBytes));
    Append("/fork", std::string(kSectorBytes, 'f'));
    Create(NewStream("/last", kBytesType, std::string(kSectorBytes, 'l')));
    stored_.CheckpointAndEvict();
    for (const char* path : {"/a", "/b", "/source", "/fork", "/last"}) Append(path, "+");
    Create(NewFork("/late", "/a", kSectorBytes));
    Append("/late", "late");
  }

  StoredEngine& stored() { return stored_; }
  std::string segment() { return "segments/" + stored_.disk().List("segments").value().front(); }

  uint64_t sectors() {
    const auto file = stored_.disk().Open(segment(), Disk::Mode::kRead).value();
    return file->Size().value() / kSectorBytes;
  }

  // What a start would find unreadable; null: the segment cannot be opened.
  std::optional<std::set<std::string>> Unreadable() {
    const auto store =
        StreamStore::Open(stored_.disk(), {}, std::make_unique<BorrowedCatalog>(stored_.catalog()));
    if (!store) return std::nullopt;
    const auto found = FindUnreadable(**store);
    EXPECT_TRUE(found) << found.error().message;
    std::set<std::string> paths;
    for (const UnreadableStream& stream : *found) {
      paths.insert(stream.entry.path);
      EXPECT_TRUE(stream.fault.message.contains(" at " + stream.entry.path + ": "))
          << stream.fault.message;
    }
    return paths;
  }

  // All but `lost` are as they were, or get a 500 where damage is in their bytes alone.
  void ExpectAllBut(const std::set<std::string>& lost, uint64_t sector) {
    for (const auto& [path, text] : texts_) {
      const std::string got = stored_.Text(path, 0, SIZE_MAX);
      const ReadVerdict verdict = stored_.engine().Describe(path).verdict;
      if (lost.contains(path)) {
        EXPECT_EQ(verdict, ReadVerdict::kMissing) << path << ", sector " << sector;
        continue;
      }
      EXPECT_EQ(verdict, ReadVerdict::kOk) << path << ", sector " << sector;
      EXPECT_TRUE(got == "refused" || got == text) << path << ", sector " << sector << ": " << got;
    }
  }

  void Create(const CreateCommand& command) {
    const std::string path(command.path);
    std::string text(command.payload.wire);
    if (command.fork.at) {
      text = texts_[std::string(*command.fork_source)].substr(0, command.fork.at->value) + text;
    }
    texts_[path] = text;
    EXPECT_EQ(stored_.engine().Create(command).verdict, CreateVerdict::kCreated) << path;
    stored_.Commit();
  }

  void Append(const std::string& path, const std::string& text) {
    stored_.Write(path, text);
    texts_[path] += text;
  }

 private:
  StoredEngine stored_;
  std::map<std::string, std::string> texts_;
};

// What was lost with `unreadable`: forks of it, too.
std::set<std::string> LostWith(std::set<std::string> unreadable) {
  if (unreadable.contains("/a")) unreadable.insert("/late");
  return unreadable;
}

TEST(UnreadableStreams, AreRemovedAndAllOthersAreKeptWhateverSectorIsDamaged) {
  std::set<std::string> ever_alone;
  const uint64_t sectors = DamagedStore().sectors();
  ASSERT_GE(sectors, 10u);
  for (uint64_t sector = 0; sector < sectors; ++sector) {
    DamagedStore damaged;
    damaged.stored().disk().CorruptSector(damaged.segment(), sector, Damage::kZero);
    const auto unreadable = damaged.Unreadable();
    if (!unreadable) continue;
    if (unreadable->size() == 1) ever_alone.insert(*unreadable->begin());
    EXPECT_TRUE(!unreadable->contains("/source") || unreadable->contains("/fork"));
    const std::set<std::string> lost = LostWith(*unreadable);
    damaged.stored().StartWithoutUnreadable();
    EXPECT_EQ(damaged.stored().unreadable().size(), lost.size()) << "sector " << sector;
    damaged.ExpectAllBut(lost, sector);
    damaged.stored().CheckpointAndEvict();
    damaged.stored().Start();
    damaged.ExpectAllBut(lost, sector);
  }
  EXPECT_TRUE(ever_alone.contains("/b"));
  EXPECT_TRUE(ever_alone.contains("/a"));
}

// The sector in which the state of `path` stands, and no other's.
uint64_t SectorOf(const std::string& path) {
  for (uint64_t sector = 0;; ++sector) {
    DamagedStore damaged;
    damaged.stored().disk().CorruptSector(damaged.segment(), sector, Damage::kZero);
    if (damaged.Unreadable() == std::set<std::string>{path}) return sector;
  }
}

TEST(UnreadableStreams, LeaveTheirPathToTheStreamThatTheLogHasThereSince) {
  DamagedStore damaged;
  damaged.stored().engine().Remove("/late");
  damaged.stored().engine().Remove("/a");
  damaged.Create(NewStream("/a", kBytesType, "anew"));
  damaged.stored().disk().CorruptSector(damaged.segment(), SectorOf("/a"), Damage::kZero);
  damaged.stored().StartWithoutUnreadable();
  damaged.ExpectAllBut({"/late"}, 0);
  EXPECT_EQ(damaged.stored().Text("/a"), "anew");
}

TEST(UnreadableStreams, GiveTheirIdsToNoOther) {
  DamagedStore damaged;
  const StreamId last =
      Engine::Info(damaged.stored().engine().Read("/late", ReadFrom{}, 1).stream).id;
  damaged.stored().disk().CorruptSector(damaged.segment(), SectorOf("/a"), Damage::kZero);
  damaged.stored().StartWithoutUnreadable();
  damaged.Create(NewStream("/new"));
  EXPECT_GT(Engine::Info(damaged.stored().engine().Read("/new", ReadFrom{}, 1).stream).id, last);
}

TEST(UnreadableStreams, LetGoOfTheSourceThatTheyWereForkedFrom) {
  DamagedStore damaged;
  damaged.stored().engine().Remove("/source");
  damaged.stored().Commit();
  damaged.stored().disk().CorruptSector(damaged.segment(), SectorOf("/fork"), Damage::kZero);
  damaged.stored().StartWithoutUnreadable();
  damaged.ExpectAllBut({"/fork", "/source"}, 0);
}

// What the disk refuses may be whole: nothing is judged, and nothing removed.
TEST(UnreadableStreams, AreNotThoseThatTheDiskRefusesToRead) {
  DamagedStore refused;
  const auto store = StreamStore::Open(
      refused.stored().disk(), {}, std::make_unique<BorrowedCatalog>(refused.stored().catalog()));
  ASSERT_TRUE(store);
  refused.stored().disk().FailNth({.op = DiskOp::kRead, .path_part = "segments"}, 2, {.code = EIO});
  const auto found = FindUnreadable(**store);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, StorageFault::Kind::kDisk);
}

}  // namespace
}  // namespace thalweg
