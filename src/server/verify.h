// `thalweg verify DIR`: reads everything that a data directory holds and says whether a server
// could go on from it. Changes nothing.
//
// THREAD: one; nobody may serve from the directory meanwhile.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/disk.h"
#include "storage/fault.h"

namespace thalweg {

// What was found; each line is a whole sentence for the operator.
struct VerifyReport {
  std::vector<std::string> facts;
  std::vector<std::string> damage;  // empty: whole, …
  std::optional<StorageFault> end;  // … unless this came before all was looked at
};

// The directory at `path` of the machine, which is the root of `disk`. A fault: there is nothing to
// verify.
[[nodiscard]] StorageResult<VerifyReport> VerifyDirectory(Disk& disk, const std::string& path);

// Prints the report on the directory `dir`; returns the process's exit code (exit_codes.h).
int Verify(const std::string& dir);

}  // namespace thalweg
