#include "storage/file_copy.h"

#include <algorithm>
#include <memory>

#include "storage/disk_error.h"

namespace thalweg {
namespace {

// Each goes to the disk before the next is read, and past the page cache: 240 MB that were synced
// at once kept the commits of a server beside the backup waiting for 0.2 s (docs/BENCHMARKS.md).
constexpr size_t kCopyBytes = 256u << 10;

}  // namespace

DiskResult<void> CopyToDraft(const File& from, uint64_t end, Directory& folder,
                             const std::string& name, uint64_t& bytes) {
  const std::string draft = DraftOf(name);
  if (const auto removed = folder.RemoveIfThere(draft); !removed) return removed;
  const auto to = folder.Create(draft);
  if (!to) return std::unexpected(to.error());
  std::string buffer;
  for (uint64_t at = 0; at < end; at += buffer.size()) {
    buffer.resize(std::min<uint64_t>(kCopyBytes, end - at));
    const auto got = from.ReadAt(at, buffer);
    if (!got) return std::unexpected(got.error());
    if (*got != buffer.size()) return DiskFailure(EIO, "read what is copied to " + name);
    if (const auto put = (*to)->WriteOutPastCache(at, buffer); !put) return put;
    bytes += buffer.size();
  }
  return (*to)->Sync();
}

}  // namespace thalweg
