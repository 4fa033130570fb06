// How many processors this process may use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace thalweg {

// Those that the calling thread may run on, or fewer where a control group (of a container, of a
// systemd unit) allows less time than they have. At least 1. THREAD: any.
size_t CountOfProcessors();

// How many threads serve where so many are asked for: 0 is one for each of these.
inline size_t CountOfLoops(size_t threads) { return threads != 0 ? threads : CountOfProcessors(); }

// As many as it takes for the time that control groups allow; none: they allow all there is. As
// LeastOf in control_group.h.
std::optional<uint64_t> ProcessorsOfGroup(std::string_view groups,
                                          const std::filesystem::path& root);

}  // namespace thalweg
