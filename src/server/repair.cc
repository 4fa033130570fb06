#include "server/repair.h"

#include <cstdio>
#include <optional>
#include <string>

#include "api/engine_home.h"
#include "base/system_clock.h"
#include "engine/unreadable_streams.h"
#include "server/directory_at_rest.h"
#include "server/fault_exit.h"
#include "server/owner.h"
#include "storage/posix_disk.h"
#include "thalweg/logger.h"

namespace thalweg {
namespace {

// What keeps the engine from its work goes where the program's mistakes go.
class StderrLogger final : public Logger {
 public:
  void Write(LogLevel level, std::string_view message) override {
    if (level < LogLevel::kWarning) return;
    std::fprintf(stderr, "thalweg: %.*s\n", static_cast<int>(message.size()), message.data());
  }
};

StorageResult<std::vector<UnreadableStream>> ListUnreadable(const std::string& dir) {
  const auto disk = PosixDisk::Open(dir);
  if (!disk) return DiskFault(disk.error());
  const auto directory = DirectoryAtRest::Open(**disk, dir);
  if (!directory) return std::unexpected(directory.error());
  const auto store = (*directory)->OpenStore();
  if (!store) return std::unexpected(store.error());
  if (*store == nullptr) return {};
  return FindUnreadable(**store);
}

// A start that goes on without them, its end, and one as any other, which shows that it helped.
int Remove(const std::string& dir) {
  const SystemClock clock;
  StderrLogger logger;
  StoreOptions options;
  options.logger = &logger;
  uint64_t removed = 0;
  const auto tell = [&removed](const std::string& what) {
    ++removed;
    std::printf("removed: %s\n", what.c_str());
  };
  auto home = EngineHome::OnDisk(dir, options, clock, tell);
  if (!home) return Fail(home.error().message, ExitCodeFor(home.error().code));
  home->reset();
  const auto left = ListUnreadable(dir);
  if (!left) return FailOn(dir, left.error());
  if (!left->empty()) {
    return Fail("they are all there still; what the disk refused is told above", kExitDamaged);
  }
  home = EngineHome::OnDisk(dir, options, clock);
  if (!home) return Fail(home.error().message, ExitCodeFor(home.error().code));
  std::printf("%s: removed %llu; a server starts from it again\n", dir.c_str(),
              static_cast<unsigned long long>(removed));
  return 0;
}

}  // namespace

int Repair(const RepairCommand& command) {
  const auto unreadable = ListUnreadable(command.dir);
  if (!unreadable) return FailOn(command.dir, unreadable.error());
  if (unreadable->empty()) {
    std::printf("%s: no stream is unreadable; `thalweg verify` looks at everything else\n",
                command.dir.c_str());
    return 0;
  }
  if (command.remove) {
    if (const auto owner = OtherOwner(command.dir)) {
      return Fail("data directory " + command.dir + " is served by user " + std::to_string(*owner) +
                      ", whose server could not open what is written here: give this command as "
                      "that user (sudo -u '#" +
                      std::to_string(*owner) + "' thalweg repair …)",
                  kExitCannotStart);
    }
    return Remove(command.dir);
  }
  for (const UnreadableStream& stream : *unreadable) {
    std::printf("unreadable: %s\n", stream.fault.message.c_str());
  }
  std::printf(
      "%s: %zu to be removed by `thalweg repair %s --remove`, and whatever the log has of forks of "
      "them; best copy the directory first, or restore a backup instead\n",
      command.dir.c_str(), unreadable->size(), command.dir.c_str());
  return kExitDamaged;
}

}  // namespace thalweg
