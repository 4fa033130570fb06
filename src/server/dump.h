// `thalweg dump DIR`: shows the streams of a data directory, or one with its records and bytes.
// Changes nothing.
//
// THREAD: one; nobody may serve from the directory meanwhile.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "storage/disk.h"
#include "storage/fault.h"

namespace thalweg {

struct DumpOptions {
  std::string dir;
  std::optional<std::string> stream;  // path of the one to show with its records
};

// The directory at `dir` of the machine, which is the root of `disk`. Gives `out` whole lines.
// Those of one stream tell of its appends in segments, then of all that the log behind the
// checkpoint has of the path: false where there is nothing to tell of it. A fault may come behind
// some lines: what could be read was told.
[[nodiscard]] StorageResult<bool> DumpDirectory(Disk& disk, const std::string& dir,
                                                const std::optional<std::string>& path,
                                                const std::function<void(std::string_view)>& out);

// Prints; returns the process's exit code (exit_codes.h).
int Dump(const DumpOptions& options);

}  // namespace thalweg
