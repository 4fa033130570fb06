// The program `thalweg`.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/backup.h"
#include "server/cli.h"
#include "server/dump.h"
#include "server/exit_codes.h"
#include "server/fault_signals.h"
#include "server/repair.h"
#include "server/serve.h"
#include "server/verify.h"
#include "storage/folder_names.h"

namespace thalweg {
namespace {

int Run(const ServeConfig& config) {
  const std::string& dir = config.server.data_dir;
  std::string words = "thalweg: a memory fault ends this process: a bug";
  if (!dir.empty()) {
    words +=
        ", or a page of the catalog that is damaged or cannot be read from its disk. What was "
        "answered with success is on the disk: start it again. Where that ends the same way, "
        "`thalweg verify " +
        dir + "` says whether the catalog is damaged";
  }
  SayOnFaultSignals(words, std::nullopt);  // for a bug a core dump is wanted
  return Serve(config);
}

std::string CatalogOf(const std::string& dir) {
  return dir + "/" + kCatalogFolder + "/" + kCatalogFile;
}

// Of a command that was to look whether what `catalogs` names can be read.
void TakeFaultSignalsForDamage(const std::string& catalogs) {
  SayOnFaultSignals("thalweg: a memory fault: most likely a page of " + catalogs +
                        " is damaged, or cannot be read from its disk; else it is a bug. Restore "
                        "the directory from a backup",
                    kExitDamaged);
}

// Whoever started us may have closed some of them: what is opened next, a socket or a file of data,
// would get what is printed.
void OpenStandardStreams() {
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) close(fd);
}

// What each command needs of the process.
void PrepareProcess() {
  OpenStandardStreams();
  signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is told as the write's failure
  // Each connection is a descriptor, and each file of a log that is copied: the usual soft limit of
  // 1024 is soon reached.
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// `code`, but where what was to be told could not be written.
int EndOfTelling(int code) {
  const bool is_flushed = std::fflush(stdout) == 0;
  if (is_flushed && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "thalweg: cannot write all of the output%s%s\n", is_flushed ? "" : ": ",
               is_flushed ? "" : std::strerror(errno));
  return code == 0 ? kExitCannotStart : code;
}

int Run(const VerifyCommand& command) {
  TakeFaultSignalsForDamage(CatalogOf(command.dir));
  return EndOfTelling(Verify(command.dir));
}

int Run(const DumpOptions& options) {
  TakeFaultSignalsForDamage(CatalogOf(options.dir));
  return EndOfTelling(Dump(options));
}

int Run(const BackupCommand& command) {
  TakeFaultSignalsForDamage(CatalogOf(command.dir) + ", or of its copy in " + command.target + ",");
  return EndOfTelling(Backup(command.dir, command.target));
}

int Run(const RepairCommand& command) {
  TakeFaultSignalsForDamage(CatalogOf(command.dir));
  return EndOfTelling(Repair(command));
}

int Run(const CliText& say) {
  std::fputs(say.text.c_str(), say.exit_code == 0 ? stdout : stderr);
  return EndOfTelling(say.exit_code);
}

}  // namespace
}  // namespace thalweg

// Read by jemalloc: what is free goes back to the system by a thread of its own and not in the turn
// of a loop, and after a second instead of ten: 100,000 streams take 3 MiB less at their peak and
// nothing is slower. What jemalloc gives back at once begins with 32 MiB instead of 8: appends of 8
// MiB come twice as fast, for the pages of their copies need not be made anew for each
// (docs/BENCHMARKS.md, "Other sizes").
extern "C" {
[[gnu::visibility("default")]] const char* malloc_conf =
    "background_thread:true,dirty_decay_ms:1000,metadata_thp:auto,oversize_threshold:33554432";
}

int main(int argc, char** argv) {
  thalweg::PrepareProcess();
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return std::visit([](const auto& command) { return thalweg::Run(command); },
                    thalweg::ParseCommandLine(words));
}
