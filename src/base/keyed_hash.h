// A hash that nobody outside of the process can foresee, for tables whose keys clients choose: of
// one that is known, a few thousand keys that all hash alike are made in no time, and a table then
// walks through all of them, or grows without end.
#pragma once

#include <cstdint>
#include <string_view>

namespace thalweg {

// SipHash-2-4 under a key that the process draws when it first asks. THREAD: any.
uint64_t KeyedHash(std::string_view text);

// Makes that key one that `seed` tells, so that what depends on the order of tables comes again.
// For tests. REQUIRES: no other thread hashes, and no table is left that was filled under another
// key.
void SetHashKey(uint64_t seed);

}  // namespace thalweg
