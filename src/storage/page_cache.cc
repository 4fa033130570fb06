#include "storage/page_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace thalweg {
namespace {

// mincore's unit; a system with longer pages has fewer answers than we make room for.
constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kPagesAtATime = 1024;

// Maps the range, looks, and unmaps: what is never touched is never brought to memory. Where that
// is refused it counts as cached, so that nobody waits for what cannot come about.
bool MappingIsCached(int fd, uint64_t at, uint64_t bytes) {
  void* const mapped = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(at));
  if (mapped == MAP_FAILED) return true;
  std::array<unsigned char, kPagesAtATime> pages;
  pages.fill(1);
  const bool told = mincore(mapped, bytes, pages.data()) == 0;
  munmap(mapped, bytes);
  return !told || std::ranges::all_of(pages, [](unsigned char page) { return (page & 1) != 0; });
}

rusage UsageOfThread() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage;
}

}  // namespace

bool IsCached(int fd, uint64_t at, uint64_t bytes) {
  if (fd < 0 || bytes == 0) return true;
  const auto system_page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t end = at + bytes;
  for (at -= at % system_page; at < end; at += kPagesAtATime * kPageBytes) {
    if (!MappingIsCached(fd, at, std::min(end - at, kPagesAtATime * kPageBytes))) return false;
  }
  return true;
}

bool ReadIfCached(int fd, uint64_t at, std::span<char> out) {
  const iovec into{out.data(), out.size()};
  const ssize_t got = preadv2(fd, &into, 1, static_cast<off_t>(at), RWF_NOWAIT);
  if (got == static_cast<ssize_t>(out.size())) return true;
  if (got >= 0 || errno != EOPNOTSUPP || !IsCached(fd, at, out.size())) return false;
  // Some file systems do not know how not to wait.
  return pread(fd, out.data(), out.size(), static_cast<off_t>(at)) ==
         static_cast<ssize_t>(out.size());
}

void ExpectRandomReads(int fd) {
  if (fd >= 0) posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
}

void BeginToCache(int fd, uint64_t at, uint64_t bytes) {
  if (fd >= 0) {
    posix_fadvise(fd, static_cast<off_t>(at), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
  }
}

uint64_t MapWaitsOfThread() { return static_cast<uint64_t>(UsageOfThread().ru_majflt); }

uint64_t DiskReadsOfThread() { return static_cast<uint64_t>(UsageOfThread().ru_inblock); }

}  // namespace thalweg
