// `thalweg repair DIR [--remove]`: which streams nobody can load, and a data directory without
// them. The last resort, where a start is refused for one stream and there is no backup.
//
// THREAD: one; nobody may serve from the directory meanwhile.
#pragma once

#include <string>

namespace thalweg {

struct RepairCommand {
  std::string dir;
  bool remove = false;  // what cannot be read; else it is listed
};

// Lists them, or removes them, and says what was done. Returns the process's exit code
// (exit_codes.h): kExitDamaged where some are left.
int Repair(const RepairCommand& command);

}  // namespace thalweg
