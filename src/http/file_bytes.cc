#include "http/file_bytes.h"

#include <unistd.h>

#include <string>
#include <utility>

#include "base/retry_interrupted.h"

namespace thalweg {

std::optional<Bytes> ReadFileRange(const FileRange& range) {
  std::string text;
  size_t done = 0;
  text.resize_and_overwrite(range.length, [&](char* data, size_t) {
    while (done < range.length) {
      const ssize_t got = RetryInterrupted([&] {
        return pread(range.fd, data + done, range.length - done,
                     static_cast<off_t>(range.begin + done));
      });
      if (got <= 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  });
  if (done != range.length) return std::nullopt;
  return Bytes::Own(std::move(text));
}

}  // namespace thalweg
