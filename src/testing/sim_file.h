// The content of one simulated file: what the platter has, what only the page cache has, and what
// becomes of the difference. Own thread or lock of SimDisk.
//
// The bytes are kept by sectors of 512, the unit that a power cut loses or keeps; a sector that
// nobody wrote reads as zero.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "testing/sim_random.h"

namespace thalweg {

inline constexpr size_t kSectorBytes = 512;
using Sector = std::array<char, kSectorBytes>;

// How much room the disk has and how much of it the files take.
struct SimSpace {
  uint64_t bytes_max = UINT64_MAX;
  uint64_t bytes_used = 0;
};

// Sectors of files that are gone: what shows up in space that was given out again.
class StaleSectors {
 public:
  void Keep(const Sector& sector);
  Sector Pick(SimRandom& random) const;

 private:
  std::vector<Sector> sectors_;
  size_t next_ = 0;
};

enum class Damage : uint8_t {
  kFlipBit,    // one bit of the sector
  kZero,       // the sector reads as zeros
  kStale,      // the sector reads as before its last sync: a write that the disk lost
  kMisplaced,  // the sector reads as one of a file that is gone, or as anything
};
inline constexpr uint64_t kDamages = 4;

class SimFile {
 public:
  // Borrows both.
  SimFile(SimSpace& space, StaleSectors& stale) : space_(space), stale_(stale) {}
  SimFile(const SimFile&) = delete;
  SimFile& operator=(const SimFile&) = delete;
  ~SimFile();

  uint64_t size() const { return size_; }
  size_t Read(uint64_t offset, std::span<char> out) const;
  // The same, with one of its sectors damaged on the way.
  size_t Misread(uint64_t offset, std::span<char> out, Damage damage, SimRandom& random) const;

  // Writes what there is room for, from the start on, and says how much that was.
  size_t Write(uint64_t offset, std::string_view bytes);

  // False: no room, nothing changed. Both grow with zeros.
  bool Allocate(uint64_t size);
  bool Truncate(uint64_t size);

  // Everything written is on the platter.
  void Sync();

  // Reads show the platter. REQUIRES: everything is synced.
  void DropCache();

  // A sync that failed: nothing written since the last one gets to the platter any more. Whether
  // reads still show it is up to chance, as it is up to the file system.
  void FailSync(SimRandom& random);

  // Each unsynced sector and the size survive or not, each for itself.
  void CutPower(SimRandom& random);

  // Damages what the platter has. REQUIRES: everything is synced; the sector lies in the file.
  void Corrupt(uint64_t sector, Damage damage, SimRandom& random);

 private:
  // A sector with writes that are not on the platter.
  struct Pending {
    std::vector<Sector> versions;  // any of them may be what the disk got; the last is what is read
    bool is_written = false;       // by Write: it may be torn. Cutting a file tears nothing
  };
  struct Mood;

  const Sector& Visible(uint64_t sector) const;
  Sector Damaged(uint64_t sector, Damage damage, SimRandom& random) const;
  void Put(uint64_t sector, const Sector& content, bool is_written);
  void SetSize(uint64_t size);
  uint64_t RoomFor(uint64_t size) const;
  void ZeroFrom(uint64_t offset);
  void CutSector(uint64_t sector, const Pending& pending, const Mood& mood, SimRandom& random);
  void DropBeyondSize();

  SimSpace& space_;
  StaleSectors& stale_;
  uint64_t size_ = 0;  // as everybody sees it
  uint64_t size_durable_ = 0;
  std::vector<uint64_t> sizes_pending_;
  uint64_t allocated_bytes_ = 0;         // below here new space holds zeros, never stale bytes
  std::map<uint64_t, Sector> durable_;   // the platter
  std::map<uint64_t, Sector> previous_;  // the platter before the last sync of that sector
  std::map<uint64_t, Sector> cache_;     // the page cache, where it differs from the platter
  std::map<uint64_t, Pending> pending_;
};

}  // namespace thalweg
