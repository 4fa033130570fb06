#include "server/memory_limit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/control_group.h"

namespace thalweg {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

// The program's own, with nothing to do.
constexpr uint64_t kProgramBytes = 20 * kMiB;

// A body is received, then split at its values where it is JSON, and in a batch of the log.
constexpr uint64_t kCopiesOfBody = 3;

uint64_t WithinMiB(uint64_t bytes, uint64_t least, uint64_t most) {
  return std::clamp(bytes / kMiB, least, most) * kMiB;
}

constexpr GroupLimit kMemory{
    "memory",
    [](const std::filesystem::path& folder) { return ReadNumber(folder / "memory.max"); },
    [](const std::filesystem::path& folder) {
      return ReadNumber(folder / "memory.limit_in_bytes");
    },
};

}  // namespace

uint64_t MemoryLimit() {
  const auto machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(machine, LeastOf(kMemory).value_or(UINT64_MAX));
}

std::optional<uint64_t> MemoryOfGroup(std::string_view groups, const std::filesystem::path& root) {
  return LeastOf(kMemory, groups, root);
}

MemoryShares DefaultShares(uint64_t memory, size_t loops) {
  const uint64_t eighth = WithinMiB(memory / 8, 16, 1024);
  const uint64_t body = WithinMiB(memory / 3 / kCopiesOfBody / loops, 1, 64);
  return {.tail = eighth, .bodies = eighth, .body = body};
}

std::optional<std::string> MayTakeTooMuch(const MemoryShares& shares, size_t loops,
                                          uint64_t memory) {
  const uint64_t bodies = kCopiesOfBody * std::max(shares.bodies, loops * shares.body);
  const uint64_t streams = shares.tail * 9 / 4;
  const uint64_t most = kProgramBytes + streams + bodies;
  if (most <= memory) return std::nullopt;
  std::string told = fmt::format("may take {} MiB of memory and may have {}: {} for itself, ",
                                 most / kMiB, memory / kMiB, kProgramBytes / kMiB);
  if (streams != 0) {
    told += fmt::format(
        "{} for what is new and for streams (--tail-memory of {} twice and a quarter), ",
        streams / kMiB, shares.tail / kMiB);
  }
  return told + fmt::format(
                    "{} for requests (three times --max-bodies of {}, or --max-body of {} for each "
                    "of {} threads); lower these, or give it more memory, else the system may kill "
                    "it",
                    bodies / kMiB, shares.bodies / kMiB, shares.body / kMiB, loops);
}

}  // namespace thalweg
