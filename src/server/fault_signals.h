// Last words where the processor stops the program (SIGSEGV, SIGBUS): a bug, or a damaged page of
// the catalog, which LMDB follows to where no memory is.
//
// Changes what these signals do for the whole process. THREAD: any, one at a time.
#pragma once

#include <optional>
#include <string>

namespace thalweg {

// From here on, whichever thread such a signal comes to (but for one whose stack is full),
// `message` and a line's end go to stderr, and the process ends with `exit_code`; null: by the
// signal, as it would have without, with its core dump. A signal that somebody else handles already
// stays theirs: a sanitizer has more to say.
void SayOnFaultSignals(const std::string& message, std::optional<int> exit_code);

}  // namespace thalweg
