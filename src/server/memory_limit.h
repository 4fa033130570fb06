// How much memory this process may use, and how much of it the program gives to one thing where
// nobody says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace thalweg {

// Bytes: the machine's memory, or less where a control group (of a container, of a systemd unit)
// allows less.
uint64_t MemoryLimit();

// What control groups allow; none: all there is. As LeastOf in control_group.h.
std::optional<uint64_t> MemoryOfGroup(std::string_view groups, const std::filesystem::path& root);

// Bytes that the program gives to one thing where nobody says, so that all of it has room in
// `memory`, where that is no less than 110 MiB and loops are few; in whole MiB.
struct MemoryShares {
  uint64_t tail;    // --tail-memory: an eighth, from 16 MiB to 1 GiB
  uint64_t bodies;  // --max-bodies: as much
  uint64_t body;    // --max-body: a third of the memory has room for three times one in each loop;
                    // from 1 to 64 MiB
};
MemoryShares DefaultShares(uint64_t memory, size_t loops);

// What to tell the operator where these may take more than `memory`; null: they cannot. `tail` is 0
// where nothing is kept on disk, and what is kept has no bound.
std::optional<std::string> MayTakeTooMuch(const MemoryShares& shares, size_t loops,
                                          uint64_t memory);

}  // namespace thalweg
