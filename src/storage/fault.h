// Why what is stored cannot be used.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>

#include "storage/disk.h"

namespace thalweg {

struct StorageFault {
  enum class Kind : uint8_t {
    kDisk,       // the system refused; trying again may help
    kForeign,    // of another directory or another format version, or held by somebody else
    kDamage,     // what was durable once cannot be read any more
    kWouldWait,  // no fault of the disk: it was asked for what is in memory, and that is not
  };
  Kind kind = Kind::kDamage;
  std::string message;       // which file, where in it, and what was found
  bool is_shortage = false;  // kDisk: see IsShortage
  bool is_gone = false;      // kDisk: see IsGone
  bool is_refusal = false;   // kDamage: the system did not read it, and what is there is not known
};

template <typename T>
using StorageResult = std::expected<T, StorageFault>;

inline std::unexpected<StorageFault> DamageFault(std::string message) {
  return std::unexpected(StorageFault{StorageFault::Kind::kDamage, std::move(message)});
}

inline std::unexpected<StorageFault> ForeignFault(std::string message) {
  return std::unexpected(StorageFault{StorageFault::Kind::kForeign, std::move(message)});
}

inline std::unexpected<StorageFault> WouldWait() {
  return std::unexpected(StorageFault{StorageFault::Kind::kWouldWait, {}});
}

// Whether a file could not be made, opened or lengthened for want of space or of a file descriptor,
// or because it met the limit of sizes (ulimit -f, or the file system's): nothing is lost, and it
// works again later. A failed write or sync of records is final whatever its code.
inline bool IsShortage(int code) {
  return code == ENOSPC || code == EDQUOT || code == EFBIG || code == EMFILE || code == ENFILE;
}

// Whether a name is not where it was looked for, …
inline bool IsMissing(int code) { return code == ENOENT || code == ENOTDIR; }

// … or what was open there is no more, as a network file system says.
inline bool IsGone(int code) { return IsMissing(code) || code == ESTALE; }

inline std::unexpected<StorageFault> DiskFault(const DiskError& error) {
  return std::unexpected(StorageFault{.kind = StorageFault::Kind::kDisk,
                                      .message = error.message,
                                      .is_shortage = IsShortage(error.code),
                                      .is_gone = IsGone(error.code)});
}

// What no code of the system tells.
inline std::unexpected<StorageFault> DiskFault(std::string message) {
  return std::unexpected(StorageFault{StorageFault::Kind::kDisk, std::move(message)});
}

// `fault`, which does not say of what it is: that is put before its message.
inline std::unexpected<StorageFault> PrefixedFault(const std::string& of, StorageFault fault) {
  fault.message.insert(0, of);
  return std::unexpected(std::move(fault));
}

// DiskFault of something within `folder`, whose name the disk does not know.
inline std::unexpected<StorageFault> DiskFaultIn(const std::string& folder,
                                                 const DiskError& error) {
  return PrefixedFault(folder + ": ", DiskFault(error).error());
}

}  // namespace thalweg
