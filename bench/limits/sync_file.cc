#include "bench/limits/sync_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace thalweg::bench {
namespace {

int OpenEmpty(const char* path) { return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600); }

int Closed(int file) {
  const int why = errno;
  close(file);
  errno = why;
  return -1;
}

}  // namespace

int OpenAllocated(const char* path, size_t bytes) {
  const int file = OpenEmpty(path);
  if (file < 0) return -1;
  const bool made = fallocate(file, 0, 0, static_cast<off_t>(bytes)) == 0 && fdatasync(file) == 0;
  return made ? file : Closed(file);
}

// Page by page: longer writes make longer pieces of page cache, each of which is written as a whole
// when a byte of it changes.
int OpenFilledWithZeros(const char* path, size_t bytes) {
  const int file = OpenEmpty(path);
  if (file < 0) return -1;
  const std::string zeros(4096, '\0');
  for (size_t at = 0; at < bytes; at += zeros.size()) {
    if (write(file, zeros.data(), zeros.size()) < 0) return Closed(file);
  }
  return fdatasync(file) == 0 ? file : Closed(file);
}

}  // namespace thalweg::bench
