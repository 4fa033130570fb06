#include "storage/directory.h"

#include <cerrno>

#include "base/assert.h"

namespace thalweg {
namespace {

constexpr size_t kReadTextBytesMax = 4096;

}  // namespace

DiskResult<Directory> Directory::MakeDirectory(const std::string& name) {
  if (DiskResult<void> made = disk_.MakeDirectory(PathOf(name)); !made) {
    return std::unexpected(made.error());
  }
  if (DiskResult<void> synced = Sync(); !synced) return std::unexpected(synced.error());
  return Directory(disk_, PathOf(name));
}

DiskResult<std::unique_ptr<File>> Directory::Create(const std::string& name) {
  DiskResult<std::unique_ptr<File>> file = disk_.Open(PathOf(name), Disk::Mode::kCreate);
  if (!file) return file;
  if (DiskResult<void> synced = Sync(); !synced) return std::unexpected(synced.error());
  return file;
}

// The new name is made safe before the old one may go: in between the file may have both, never
// none.
DiskResult<void> Directory::RenameInto(Directory& target, const std::string& name,
                                       const std::string& new_name) {
  THALWEG_ASSERT(&disk_ == &target.disk_);
  DiskResult<void> done = disk_.Rename(PathOf(name), target.PathOf(new_name));
  if (done) done = target.Sync();
  if (done && target.path_ != path_) done = Sync();
  return done;
}

DiskResult<void> Directory::Replace(const std::string& name, std::string_view bytes) {
  const std::string draft = DraftOf(name);
  if (const auto removed = RemoveIfThere(draft); !removed) return removed;
  const auto file = Create(draft);
  if (!file) return std::unexpected(file.error());
  if (const auto written = (*file)->WriteAt(0, bytes); !written) return written;
  if (const auto synced = (*file)->Sync(); !synced) return synced;
  return RenameInto(*this, draft, name);
}

DiskResult<void> Directory::Remove(const std::string& name) {
  if (DiskResult<void> removed = disk_.Remove(PathOf(name)); !removed) return removed;
  return Sync();
}

DiskResult<void> Directory::RemoveIfThere(const std::string& name) {
  const auto removed = Remove(name);
  return !removed && removed.error().code == ENOENT ? DiskResult<void>() : removed;
}

DiskResult<std::unique_ptr<File>> Directory::Open(const std::string& name, Disk::Mode mode) {
  THALWEG_ASSERT(mode != Disk::Mode::kCreate);
  return disk_.Open(PathOf(name), mode);
}

DiskResult<std::optional<std::string>> Directory::ReadText(const std::string& name) {
  const auto file = Open(name, Disk::Mode::kRead);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return std::unexpected(file.error());
  std::string text(kReadTextBytesMax, '\0');
  const auto got = (*file)->ReadAt(0, text);
  if (!got) return std::unexpected(got.error());
  text.resize(*got);
  return text;
}

std::string Directory::PathOf(const std::string& name) const {
  THALWEG_ASSERT(!name.empty() && name.find('/') == std::string::npos);
  return path_.empty() ? name : path_ + "/" + name;
}

}  // namespace thalweg
