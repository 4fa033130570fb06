// Which operation of a simulated disk fails, and how. Own thread or lock of SimDisk.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "testing/sim_file.h"

namespace thalweg {

enum class DiskOp : uint8_t {
  kOpen,    // of a file that exists
  kCreate,  // Open with kCreate
  kRead,
  kWrite,
  kSync,
  kAllocate,
  kTruncate,
  kSize,
  kRename,  // its path is the old one
  kRemove,
  kMakeDirectory,
  kSyncDirectory,
  kList,
  kWriteOut,
  kLock,  // the last one: SimDisk counts up to it
};

// Which operations a fault counts; what is not given matches all.
struct OpFilter {
  std::optional<DiskOp> op;
  std::string path_part;  // somewhere in the path

  bool Matches(DiskOp tried, const std::string& path) const;
};

struct Fault {
  int code = EIO;
  uint64_t times = 1;               // this many matching operations in a row fail
  size_t written_bytes = 0;         // of a write: how much of it got there all the same
  std::optional<Damage> misread{};  // of a read: with code 0 it succeeds, and a sector is wrong
};

class SimFaults {
 public:
  // The n-th matching operation from now on fails (1: the next).
  void FailNth(const OpFilter& filter, uint64_t n, const Fault& fault);
  void Clear() { plans_.clear(); }

  // Counts an operation; the fault that hits it, if one does.
  std::optional<Fault> Count(DiskOp op, const std::string& path);

 private:
  struct Plan {
    OpFilter filter;
    Fault fault;
    uint64_t first = 0;
    uint64_t seen = 0;
  };

  std::vector<Plan> plans_;
};

}  // namespace thalweg
