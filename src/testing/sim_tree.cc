#include "testing/sim_tree.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/assert.h"

namespace thalweg {
namespace {

void SetEntry(SimNode::Entries& entries, const std::string& name,
              const std::shared_ptr<SimNode>& node) {
  if (node == nullptr) {
    entries.erase(name);
  } else {
    entries[name] = node;
  }
}

template <typename Visit>
void ForEachNode(SimNode& node, const Visit& visit) {
  visit(node);
  for (const auto& [name, child] : node.entries) ForEachNode(*child, visit);
}

bool IsInside(const SimNode& tree, const SimNode& wanted) {
  if (&tree == &wanted) return true;
  return std::ranges::any_of(tree.entries,
                             [&](const auto& entry) { return IsInside(*entry.second, wanted); });
}

}  // namespace

SimTree::SimTree(SimSpace& space, StaleSectors& stale)
    : space_(space), stale_(stale), root_(std::make_shared<SimNode>()) {}

int SimTree::Find(const std::string& path, std::shared_ptr<SimNode>& node) const {
  node = root_;
  if (path.empty()) return 0;
  Place place;
  if (const int code = FindPlace(path, place); code != 0) return code;
  const auto entry = place.directory->entries.find(place.name);
  if (entry == place.directory->entries.end()) return ENOENT;
  node = entry->second;
  return 0;
}

int SimTree::FindPlace(const std::string& path, Place& place) const {
  THALWEG_ASSERT(!path.starts_with('/') && !path.ends_with('/') && !path.empty());
  place.directory = root_;
  std::string_view rest = path;
  for (size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    const auto entry = place.directory->entries.find(std::string(rest.substr(0, slash)));
    if (entry == place.directory->entries.end()) return ENOENT;
    if (!entry->second->is_directory()) return ENOTDIR;
    place.directory = entry->second;
    rest.remove_prefix(slash + 1);
  }
  place.name = rest;
  return 0;
}

int SimTree::Create(const std::string& path, std::shared_ptr<SimNode>& node) {
  node = std::make_shared<SimNode>();
  node->file = std::make_unique<SimFile>(space_, stale_);
  return Add(path, node);
}

int SimTree::MakeDirectory(const std::string& path) {
  return Add(path, std::make_shared<SimNode>());
}

int SimTree::Add(const std::string& path, std::shared_ptr<SimNode> node) {
  Place place;
  if (const int code = FindPlace(path, place); code != 0) return code;
  if (place.directory->entries.contains(place.name)) return EEXIST;
  Make({{place, std::move(node)}});
  return 0;
}

int SimTree::Rename(const std::string& from, const std::string& to) {
  std::shared_ptr<SimNode> moved;
  if (const int code = Find(from, moved); code != 0) return code;
  Place old_place;
  Place new_place;
  if (const int code = FindPlace(from, old_place); code != 0) return code;
  if (const int code = FindPlace(to, new_place); code != 0) return code;
  if (const int code = CheckRename(old_place, moved, new_place); code != 0) return code;
  if (from != to) Make({{old_place, nullptr}, {new_place, moved}});
  return 0;
}

int SimTree::CheckRename(const Place& from, const std::shared_ptr<SimNode>& moved,
                         const Place& to) const {
  if (moved->is_directory() && IsInside(*moved, *to.directory)) return EINVAL;
  const auto entry = to.directory->entries.find(to.name);
  if (entry == to.directory->entries.end()) return 0;
  const SimNode& replaced = *entry->second;
  if (from.directory == to.directory && from.name == to.name) return 0;
  if (replaced.is_directory() && !moved->is_directory()) return EISDIR;
  if (!replaced.is_directory() && moved->is_directory()) return ENOTDIR;
  return replaced.entries.empty() ? 0 : ENOTEMPTY;
}

int SimTree::Remove(const std::string& path) {
  std::shared_ptr<SimNode> node;
  if (const int code = Find(path, node); code != 0) return code;
  if (node->is_directory()) return EISDIR;
  Place place;
  if (const int code = FindPlace(path, place); code != 0) return code;
  Make({{place, nullptr}});
  return 0;
}

int SimTree::List(const std::string& path, std::vector<std::string>& names) const {
  std::shared_ptr<SimNode> node;
  if (const int code = Find(path, node); code != 0) return code;
  if (!node->is_directory()) return ENOTDIR;
  for (const auto& [name, child] : node->entries) names.push_back(name);
  return 0;
}

int SimTree::SyncDirectory(const std::string& path) {
  std::vector<Edit> edits;
  const int code = TakeEdits(path, edits);
  for (const Edit& edit : edits) Persist(edit);
  return code;
}

int SimTree::FailSyncDirectory(const std::string& path) {
  std::vector<Edit> edits;
  return TakeEdits(path, edits);
}

// Takes the unsynced edits of one directory out of their changes. A rename between directories
// leaves its other half behind: each directory is synced for itself.
int SimTree::TakeEdits(const std::string& path, std::vector<Edit>& edits) {
  std::shared_ptr<SimNode> node;
  if (const int code = Find(path, node); code != 0) return code;
  if (!node->is_directory()) return ENOTDIR;
  const auto takes = [&](const Edit& edit) {
    if (edit.place.directory != node) return false;
    edits.push_back(edit);
    return true;
  };
  for (Change& change : changes_) {
    Change rest;
    for (const Edit& edit : change) {
      if (!takes(edit)) rest.push_back(edit);
    }
    change = std::move(rest);
  }
  std::erase_if(changes_, [](const Change& change) { return change.empty(); });
  return 0;
}

void SimTree::CutPower(SimRandom& random) {
  const uint64_t survive_percent = std::array{0, 50, 100}[random.Below(3)];
  for (const Change& change : changes_) {
    if (random.Chance(survive_percent)) PersistWhole(change);
  }
  changes_.clear();
  ForEachNode(*root_, [](SimNode& node) { node.is_locked = false; });
  const auto restore = [&](SimNode& node) { node.entries = node.entries_durable; };
  ForEachNode(*root_, restore);
  std::vector<SimNode*> cut;
  ForEachNode(*root_, [&](SimNode& node) {
    if (node.is_directory() || std::ranges::find(cut, &node) != cut.end()) return;
    node.file->CutPower(random);
    cut.push_back(&node);
  });
}

void SimTree::Unlock() {
  ForEachNode(*root_, [](SimNode& node) { node.is_locked = false; });
}

void SimTree::Make(Change change) {
  for (const Edit& edit : change) {
    SetEntry(edit.place.directory->entries, edit.place.name, edit.node);
  }
  changes_.push_back(std::move(change));
}

void SimTree::Persist(const Edit& edit) {
  SetEntry(edit.place.directory->entries_durable, edit.place.name, edit.node);
}

// A move takes the file from wherever the platter has it: where an earlier move was lost, that is
// not the place this one named.
void SimTree::PersistWhole(const Change& change) {
  const bool is_move = change.size() > 1;
  for (const Edit& edit : change) {
    if (is_move && edit.node != nullptr) {
      std::erase_if(edit.place.directory->entries_durable,
                    [&](const auto& entry) { return entry.second == edit.node; });
    }
    Persist(edit);
  }
}

}  // namespace thalweg
