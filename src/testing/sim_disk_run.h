// The middle of every operation of SimDisk; for sim_disk.cc and sim_handle.cc only.
#pragma once

#include <cerrno>
#include <mutex>
#include <string>

#include "testing/sim_disk.h"

namespace thalweg {

template <typename Apply, typename Fail>
int SimDisk::Run(DiskOp op, const std::string& path, uint64_t era, Apply apply, Fail fail) {
  if (hook_) hook_(op, path);
  const std::scoped_lock lock(mutex_);
  const Ruling ruling = Rule(op, path, era);
  int code = EIO;
  if (ruling.fault) {
    code = fail(*ruling.fault);
    if (code == 0) code = ruling.fault->code;
  } else if (ruling.stops_here) {
    const bool is_sync = op == DiskOp::kSync || op == DiskOp::kSyncDirectory;
    if (!is_sync) static_cast<void>(apply());
  } else if (!ruling.is_dead) {
    code = apply();
  }
  Trace(static_cast<uint64_t>(op));
  Trace(path);
  Trace(static_cast<uint64_t>(code));
  return code;
}

template <typename Apply>
int SimDisk::Run(DiskOp op, const std::string& path, Apply apply) {
  return Run(op, path, kThisEra, apply, [](const Fault&) { return 0; });
}

}  // namespace thalweg
