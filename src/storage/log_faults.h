// What can be wrong with the commit log, in the words that a start, `verify` and `backup` share.
// What is said of a file goes behind its path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/folder_names.h"
#include "storage/log_format.h"
#include "stream/ids.h"

namespace thalweg {

inline constexpr std::string_view kHasAnotherVersion = "has another format version";

// Of a file without a header, before one that has both.
inline constexpr std::string_view kHasLostHeader =
    "has lost its header, yet the file after it has records";

// Of a file whose header says that it is file `number`, where its name says otherwise.
inline std::string SaysItIsFile(uint64_t number) {
  return "says that it is file " + std::to_string(number);
}

// Of a file without a header that says that `durable` was.
inline std::string HeaderIsLost(Lsn durable) {
  return "has lost its header, yet says that record " + std::to_string(durable.value) +
         " was durable";
}

// Of a file with a gap `at` this byte, behind which a whole block begins with record `later`.
inline std::string HasGap(uint64_t at, Lsn later) {
  return "at byte " + std::to_string(at) +
         ": no whole block, yet one that was written after it begins with record " +
         std::to_string(later.value);
}

// Of the file that `seal`, at `sealed_at` of `sealed`, names: it has nothing, or is not there.
inline std::string LostBehindSeal(const LogSeal& seal, const std::string& sealed,
                                  uint64_t sealed_at, bool is_there) {
  return std::string(is_there ? "has no whole block" : "is missing") + ", yet " + sealed +
         " says at byte " + std::to_string(sealed_at) + " that record " +
         std::to_string(seal.first.value) + " was durable in it";
}

// Of the log as a whole; names it.
inline std::string LogEndsEarly(Lsn last, Lsn checkpoint) {
  return std::string(kLogFolder) + " ends at record " + std::to_string(last.value) +
         ", yet the last checkpoint was made at record " + std::to_string(checkpoint.value);
}

}  // namespace thalweg
