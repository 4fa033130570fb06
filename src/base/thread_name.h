// Names for threads: what `top -H`, `ps -L` and a profile show, so that who looks at a busy process
// sees which of its threads it is (docs/OPERATING.md lists them).
#pragma once

namespace thalweg {

// THREAD: names the one that calls. REQUIRES: at most 15 characters.
void NameThisThread(const char* name);

}  // namespace thalweg
