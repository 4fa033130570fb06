// The numbers of the record format. (docs/formats/record.md)
#pragma once

#include <cstdint>

namespace thalweg::record_format {

enum class Type : uint8_t { kCreate = 1, kAppend = 2, kRemove = 3, kTouch = 4 };

// Flags of a create.
inline constexpr uint8_t kCreateClosed = 1;
inline constexpr uint8_t kCreateFork = 2;
inline constexpr uint8_t kCreateForkAtSent = 4;
inline constexpr uint8_t kCreateFlagsAll = 7;

// Flags of an append.
inline constexpr uint8_t kAppendCloses = 1;
inline constexpr uint8_t kAppendProducer = 2;
inline constexpr uint8_t kAppendStreamSeq = 4;
inline constexpr uint8_t kAppendFlagsAll = 7;

}  // namespace thalweg::record_format
