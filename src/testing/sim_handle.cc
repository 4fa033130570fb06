#include "testing/sim_handle.h"

#include "storage/disk_error.h"
#include "testing/sim_disk_run.h"

namespace thalweg {

SimHandle::SimHandle(SimDisk& disk, std::shared_ptr<SimNode> node, std::string path, Rights rights)
    : disk_(disk),
      node_(std::move(node)),
      path_(std::move(path)),
      rights_(rights),
      era_(disk.era_) {}

SimHandle::~SimHandle() {
  const std::scoped_lock lock(disk_.mutex_);
  if (rights_.holds_lock && era_ == disk_.era_) node_->is_locked = false;
  node_.reset();
}

DiskResult<size_t> SimHandle::ReadAt(uint64_t offset, std::span<char> out) const {
  size_t got = 0;
  const auto trace = [&] {
    disk_.Trace(offset);
    disk_.Trace(std::string_view(out.data(), got));
    return 0;
  };
  const auto apply = [&] {
    got = node_->file->Read(offset, out);
    return trace();
  };
  const auto fail = [&](const Fault& fault) {
    if (!fault.misread) return 0;
    got = node_->file->Misread(offset, out, *fault.misread, disk_.random_);
    return trace();
  };
  const int code = Run(DiskOp::kRead, apply, fail);
  if (code != 0) return DiskFailure(code, Of("read ", offset, out.size()));
  return got;
}

DiskResult<void> SimHandle::WriteAt(uint64_t offset, std::string_view bytes) {
  const auto apply = [&] {
    disk_.Trace(offset);
    disk_.Trace(bytes);
    if (!rights_.may_write) return EBADF;
    return node_->file->Write(offset, bytes) == bytes.size() ? 0 : ENOSPC;
  };
  const auto fail = [&](const Fault& fault) {
    if (rights_.may_write) node_->file->Write(offset, bytes.substr(0, fault.written_bytes));
    return 0;
  };
  const int code = Run(DiskOp::kWrite, apply, fail);
  if (code != 0) return DiskFailure(code, Of("write ", offset, bytes.size()));
  return {};
}

DiskResult<void> SimHandle::Sync() {
  const auto apply = [&] {
    node_->file->Sync();
    return 0;
  };
  const auto fail = [&](const Fault&) {
    node_->file->FailSync(disk_.random_);
    return 0;
  };
  const int code = Run(DiskOp::kSync, apply, fail);
  if (code != 0) return DiskFailure(code, "sync " + path_);
  return {};
}

// Proves nothing of what is on stable storage; but an error is told once, as by a sync.
DiskResult<void> SimHandle::WriteOut(uint64_t offset, uint64_t bytes) {
  const auto fail = [&](const Fault&) {
    node_->file->FailSync(disk_.random_);
    return 0;
  };
  const int code = Run(DiskOp::kWriteOut, [] { return 0; }, fail);
  if (code != 0) return DiskFailure(code, Of("write out ", offset, bytes));
  return {};
}

void SimHandle::DropCache(const std::function<void()>&) {
  const std::scoped_lock lock(disk_.mutex_);
  if (era_ == disk_.era_) node_->file->DropCache();
}

DiskResult<void> SimHandle::Allocate(uint64_t size) {
  const int code = Run(DiskOp::kAllocate, [&] {
    disk_.Trace(size);
    if (!rights_.may_write) return EBADF;
    return node_->file->Allocate(size) ? 0 : ENOSPC;
  });
  if (code == 0) return {};
  return DiskFailure(code, "allocate " + std::to_string(size) + " bytes for " + path_);
}

DiskResult<void> SimHandle::Truncate(uint64_t size) {
  const int code = Run(DiskOp::kTruncate, [&] {
    disk_.Trace(size);
    if (!rights_.may_write) return EINVAL;
    return node_->file->Truncate(size) ? 0 : ENOSPC;
  });
  if (code == 0) return {};
  return DiskFailure(code, "truncate " + path_ + " to " + std::to_string(size));
}

DiskResult<uint64_t> SimHandle::Size() const {
  uint64_t size = 0;
  const int code = Run(DiskOp::kSize, [&] {
    size = node_->file->size();
    return 0;
  });
  if (code != 0) return DiskFailure(code, "stat " + path_);
  return size;
}

template <typename Apply>
int SimHandle::Run(DiskOp op, Apply apply) const {
  return Run(op, apply, [](const Fault&) { return 0; });
}

template <typename Apply, typename Fail>
int SimHandle::Run(DiskOp op, Apply apply, Fail fail) const {
  return disk_.Run(op, path_, era_, apply, fail);
}

std::string SimHandle::Of(const char* tried, uint64_t offset, size_t bytes) const {
  return tried + std::to_string(bytes) + " bytes at " + std::to_string(offset) + " of " + path_;
}

}  // namespace thalweg
