// The command line: words in, a command with its values or a text to print out.
//
// Pure but for CLI11, whose exceptions end here.
#pragma once

#include <span>
#include <string>
#include <variant>

#include "server/config.h"
#include "server/dump.h"
#include "server/repair.h"

namespace thalweg {

// Something to say instead of serving.
struct CliText {
  std::string text;
  int exit_code = 0;  // 0: `text` goes to standard output, else to standard error
};

struct VerifyCommand {
  std::string dir;
};

struct BackupCommand {
  std::string dir;
  std::string target;
};

using CliResult =
    std::variant<ServeConfig, VerifyCommand, DumpOptions, BackupCommand, RepairCommand, CliText>;

// `words` are the arguments without the program's own name. A mistake is one line and kExitUsage.
CliResult ParseCommandLine(std::span<const std::string> words);

}  // namespace thalweg
