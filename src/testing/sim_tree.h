// The names of a simulated disk: directories as everybody sees them, directories as the platter has
// them, and the changes in between. Own thread or lock of SimDisk.
//
// Calls answer an errno, 0 when they did what they say.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "testing/sim_file.h"
#include "testing/sim_random.h"

namespace thalweg {

// A file or a directory, whatever its name is, for as long as a name or a handle needs it.
struct SimNode {
  using Entries = std::map<std::string, std::shared_ptr<SimNode>>;

  bool is_directory() const { return file == nullptr; }

  std::unique_ptr<SimFile> file;  // null: a directory
  Entries entries;                // as everybody sees them
  Entries entries_durable;
  bool is_locked = false;
};

class SimTree {
 public:
  // Borrows both.
  SimTree(SimSpace& space, StaleSectors& stale);

  // Finds the node at `path`; "" is the root.
  int Find(const std::string& path, std::shared_ptr<SimNode>& node) const;

  int Create(const std::string& path, std::shared_ptr<SimNode>& node);
  int MakeDirectory(const std::string& path);
  int Rename(const std::string& from, const std::string& to);
  int Remove(const std::string& path);
  int List(const std::string& path, std::vector<std::string>& names) const;
  int SyncDirectory(const std::string& path);

  // A directory sync that failed: its unsynced changes never get to the platter, and yet show.
  int FailSyncDirectory(const std::string& path);

  // Each unsynced change of names survives or not, each for itself and whole; then the same for
  // the contents of all files.
  void CutPower(SimRandom& random);

  // Nobody holds a lock any more.
  void Unlock();

 private:
  // Where a name stands, or would.
  struct Place {
    std::shared_ptr<SimNode> directory;
    std::string name;
  };
  struct Edit {
    Place place;
    std::shared_ptr<SimNode> node;  // null: the name goes
  };
  using Change = std::vector<Edit>;  // happens whole or not at all

  int FindPlace(const std::string& path, Place& place) const;
  int Add(const std::string& path, std::shared_ptr<SimNode> node);
  int CheckRename(const Place& from, const std::shared_ptr<SimNode>& moved, const Place& to) const;
  void Make(Change change);
  int TakeEdits(const std::string& path, std::vector<Edit>& edits);
  static void Persist(const Edit& edit);
  static void PersistWhole(const Change& change);

  SimSpace& space_;
  StaleSectors& stale_;
  std::shared_ptr<SimNode> root_;
  std::vector<Change> changes_;  // not on the platter, oldest first
};

}  // namespace thalweg
