// Writes to whom nobody must wait for: a terminal that is stopped, a pipe that nobody reads.
//
// THREAD: any.
#pragma once

#include <string_view>

namespace thalweg {

// Writes `text` to `fd`, and waits no longer than `wait_ms` for each page of it to be taken. False:
// not all of it was written. As far as the system tells what would wait: of a file it never does,
// and of a pipe only as long as no other process writes to it at the same moment.
bool WriteSoon(int fd, std::string_view text, int wait_ms);

// Says "thalweg: <message>" on standard error before the process ends, which it does also where
// nobody listens: within a second.
void TellLast(std::string_view message);

}  // namespace thalweg
