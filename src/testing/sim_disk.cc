#include "testing/sim_disk.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "storage/disk_error.h"
#include "testing/sim_disk_run.h"
#include "testing/sim_handle.h"

namespace thalweg {
namespace {

DiskResult<void> Answer(int code, const std::string& tried) {
  if (code != 0) return DiskFailure(code, tried);
  return {};
}

}  // namespace

SimDisk::SimDisk(uint64_t seed) : random_(seed), tree_(space_, stale_) {}

DiskResult<std::unique_ptr<File>> SimDisk::Open(const std::string& path, Mode mode) {
  const bool creates = mode == Mode::kCreate;
  std::unique_ptr<File> file;
  const int code = Run(creates ? DiskOp::kCreate : DiskOp::kOpen, path, [&] {
    std::shared_ptr<SimNode> node;
    const int found = creates ? tree_.Create(path, node) : tree_.Find(path, node);
    if (found != 0) return found;
    if (node->is_directory()) return EISDIR;
    if (stopped_) return EIO;
    file = std::make_unique<SimHandle>(*this, std::move(node), path,
                                       SimHandle::Rights{.may_write = mode != Mode::kRead});
    return 0;
  });
  if (code != 0) return DiskFailure(code, (creates ? "create " : "open ") + path);
  return file;
}

DiskResult<void> SimDisk::Rename(const std::string& from, const std::string& to) {
  const int code = Run(DiskOp::kRename, from, [&] {
    Trace(to);
    return tree_.Rename(from, to);
  });
  return Answer(code, "rename " + from + " to " + to);
}

DiskResult<void> SimDisk::Remove(const std::string& path) {
  return Answer(Run(DiskOp::kRemove, path, [&] { return tree_.Remove(path); }), "remove " + path);
}

DiskResult<void> SimDisk::MakeDirectory(const std::string& path) {
  const int code = Run(DiskOp::kMakeDirectory, path, [&] { return tree_.MakeDirectory(path); });
  return Answer(code, "make directory " + path);
}

DiskResult<void> SimDisk::SyncDirectory(const std::string& path) {
  const auto apply = [&] { return tree_.SyncDirectory(path); };
  const auto fail = [&](const Fault&) { return tree_.FailSyncDirectory(path); };
  const int code = Run(DiskOp::kSyncDirectory, path, kThisEra, apply, fail);
  return Answer(code, "sync directory " + path);
}

DiskResult<std::vector<std::string>> SimDisk::List(const std::string& path) {
  std::vector<std::string> names;
  const int code = Run(DiskOp::kList, path, [&] { return tree_.List(path, names); });
  if (code != 0) return DiskFailure(code, "list " + path);
  return names;
}

DiskResult<std::unique_ptr<File>> SimDisk::Lock(const std::string& path) {
  std::unique_ptr<File> file;
  const int code = Run(DiskOp::kLock, path, [&] {
    std::shared_ptr<SimNode> node;
    int found = tree_.Find(path, node);
    if (found == ENOENT) found = tree_.Create(path, node);
    if (found != 0) return found;
    if (node->is_directory() && !path.empty()) return EISDIR;
    if (node->is_locked) return EWOULDBLOCK;
    if (stopped_) return EIO;
    node->is_locked = true;
    file = std::make_unique<SimHandle>(*this, std::move(node), path,
                                       SimHandle::Rights{.may_write = true, .holds_lock = true});
    return 0;
  });
  if (code != 0) return DiskFailure(code, "lock " + path);
  return file;
}

void SimDisk::Crash(CrashKind kind) {
  const std::scoped_lock lock(mutex_);
  ++era_;
  stop_in_ = kNeverStops;
  stopped_ = false;
  switch (kind) {
    case CrashKind::kProcess: tree_.Unlock(); break;
    case CrashKind::kPowerCut: tree_.CutPower(random_); break;
  }
  Trace(static_cast<uint64_t>(kind));
}

void SimDisk::StopAtNth(uint64_t n) {
  THALWEG_ASSERT(n > 0);
  const std::scoped_lock lock(mutex_);
  stop_in_ = n;
}

bool SimDisk::stopped() const {
  const std::scoped_lock lock(mutex_);
  return stopped_;
}

void SimDisk::FailNth(const OpFilter& filter, uint64_t n, const Fault& fault) {
  const std::scoped_lock lock(mutex_);
  faults_.FailNth(filter, n, fault);
}

void SimDisk::ClearFaults() {
  const std::scoped_lock lock(mutex_);
  faults_.Clear();
}

void SimDisk::SetRoom(uint64_t bytes_max) {
  const std::scoped_lock lock(mutex_);
  space_.bytes_max = bytes_max;
}

uint64_t SimDisk::bytes_used() const {
  const std::scoped_lock lock(mutex_);
  return space_.bytes_used;
}

std::optional<uint64_t> SimDisk::FreeBytes(const std::string& /*path*/) const {
  const std::scoped_lock lock(mutex_);
  return space_.bytes_max - std::min(space_.bytes_max, space_.bytes_used);
}

void SimDisk::CorruptSector(const std::string& path, uint64_t sector, Damage damage) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<SimNode> node;
  THALWEG_ASSERT(tree_.Find(path, node) == 0 && !node->is_directory());
  node->file->Corrupt(sector, damage, random_);
}

uint64_t SimDisk::TraceHash() const {
  const std::scoped_lock lock(mutex_);
  return trace_;
}

uint64_t SimDisk::ops() const {
  const std::scoped_lock lock(mutex_);
  return ops_;
}

uint64_t SimDisk::ops(DiskOp op) const {
  const std::scoped_lock lock(mutex_);
  return ops_by_kind_[static_cast<size_t>(op)];
}

SimDisk::Ruling SimDisk::Rule(DiskOp op, const std::string& path, uint64_t era) {
  ++ops_;
  ++ops_by_kind_[static_cast<size_t>(op)];
  Ruling ruling;
  ruling.is_dead = stopped_ || (era != kThisEra && era != era_);
  if (ruling.is_dead) return ruling;
  if (stop_in_ != kNeverStops && --stop_in_ == 0) {
    stopped_ = ruling.stops_here = true;
    return ruling;
  }
  ruling.fault = faults_.Count(op, path);
  return ruling;
}

void SimDisk::Trace(uint64_t value) { trace_ = SimRandom(trace_ ^ value).Next(); }

void SimDisk::Trace(std::string_view text) {
  Trace(text.size());
  Trace(uint64_t{Crc32c(text)});
}

}  // namespace thalweg
