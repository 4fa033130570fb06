// A part of a file as bytes, for who needs them. THREAD: any; may wait for the disk.
#pragma once

#include <optional>

#include "thalweg/http.h"

namespace thalweg {

// Null: the file ends before, or cannot be read.
std::optional<Bytes> ReadFileRange(const FileRange& range);

}  // namespace thalweg
