// `thalweg backup DIR TARGET`: copies a data directory, also while a server runs, to one that
// serves what the server had acknowledged before.
//
// THREAD: one.
#pragma once

#include <string>

namespace thalweg {

// Makes or renews the backup of `dir` in `target`, which is made where it alone is missing, and
// says what was done. Returns the process's exit code (exit_codes.h).
int Backup(const std::string& dir, const std::string& target);

}  // namespace thalweg
