// A part of a file as bytes, for a transport that cannot send from a descriptor. THREAD: any.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "thalweg/http.h"

namespace thalweg::node {

// Waits for the disk. Null: the file ends before, or cannot be read.
inline std::optional<Bytes> ReadRange(const FileRange& range) {
  std::string text(range.length, '\0');
  size_t done = 0;
  while (done < text.size()) {
    const auto at = static_cast<off_t>(range.begin + done);
    const ssize_t got = pread(range.fd, text.data() + done, text.size() - done, at);
    if (got <= 0) return std::nullopt;
    done += static_cast<size_t>(got);
  }
  return Bytes::Own(std::move(text));
}

}  // namespace thalweg::node
