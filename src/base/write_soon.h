// Writes to whom nobody must wait for: a terminal that is stopped, a pipe that nobody reads.
//
// THREAD: any.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "base/owned_fd.h"

namespace thalweg {

// The terminal or the pipe that `fd` is, opened anew so that no write to it waits, which is not so
// for others that have it; invalid where it is neither, or may not be opened. What else there is
// takes a line whenever poll says so.
OwnedFd OpenUnwaiting(int fd);

// Writes `text` to `fd`, and waits no longer than `wait_ms` for each part of it to be taken.
// Returns how many bytes were. REQUIRES: `fd` is one that OpenUnwaiting gave, or would not open.
size_t WriteSoon(int fd, std::string_view text, int wait_ms);

// Says "thalweg: ", `parts` and a line's end on standard error before the process ends, which it
// does also where nobody listens: within a second. Takes no memory; of more than 16 KiB only the
// beginning is said.
void TellLast(std::initializer_list<std::string_view> parts) noexcept;

}  // namespace thalweg
