#include "testing/sim_file.h"

#include <algorithm>

#include "base/assert.h"

namespace thalweg {
namespace {

constexpr size_t kStaleSectorsMax = 64;
constexpr size_t kVersionsMax = 8;
constexpr Sector kZeroSector{};

uint64_t SectorsFor(uint64_t bytes) { return (bytes + kSectorBytes - 1) / kSectorBytes; }
uint64_t SpaceFor(uint64_t bytes) { return SectorsFor(bytes) * kSectorBytes; }

// The part of a byte range that lies in one sector.
struct Piece {
  uint64_t sector = 0;
  size_t begin = 0;  // in the sector
  size_t size = 0;
  size_t done = 0;  // bytes of the range before it
};

template <typename Visit>
void ForEachPiece(uint64_t offset, size_t size, Visit visit) {
  for (size_t done = 0; done < size;) {
    const size_t begin = (offset + done) % kSectorBytes;
    const size_t part = std::min(kSectorBytes - begin, size - done);
    visit(Piece{(offset + done) / kSectorBytes, begin, part, done});
    done += part;
  }
}

// A sector whose write the cut interrupted: the beginning may have made it, the rest is anything.
Sector Torn(const Sector& wanted, SimRandom& random) {
  Sector sector = wanted;
  const size_t intact = random.Chance(50) ? random.Below(kSectorBytes) : 0;
  for (size_t i = intact; i < kSectorBytes; ++i) sector[i] = static_cast<char>(random.Next());
  return sector;
}

}  // namespace

// Cuts differ in character, or runs of many sectors would never survive whole, or be lost whole.
struct SimFile::Mood {
  explicit Mood(SimRandom& random)
      : survive_percent(std::array{0, 10, 50, 90, 100}[random.Below(5)]),
        torn_percent(random.Chance(50) ? 10 : 0) {}

  uint64_t survive_percent;
  uint64_t torn_percent;
};

void StaleSectors::Keep(const Sector& sector) {
  if (sectors_.size() < kStaleSectorsMax) {
    sectors_.push_back(sector);
  } else {
    sectors_[next_++ % kStaleSectorsMax] = sector;
  }
}

Sector StaleSectors::Pick(SimRandom& random) const {
  if (!sectors_.empty() && random.Chance(75)) return sectors_[random.Below(sectors_.size())];
  return Torn(kZeroSector, random);
}

SimFile::~SimFile() {
  space_.bytes_used -= SpaceFor(size_);
  for (const auto& [sector, content] : durable_) stale_.Keep(content);
}

size_t SimFile::Read(uint64_t offset, std::span<char> out) const {
  if (offset >= size_) return 0;
  const size_t size = std::min<uint64_t>(out.size(), size_ - offset);
  ForEachPiece(offset, size, [&](const Piece& piece) {
    const char* from = Visible(piece.sector).data() + piece.begin;
    std::copy_n(from, piece.size, out.data() + piece.done);
  });
  return size;
}

size_t SimFile::Misread(uint64_t offset, std::span<char> out, Damage damage,
                        SimRandom& random) const {
  const size_t size = Read(offset, out);
  const uint64_t sectors = SectorsFor(offset + size) - offset / kSectorBytes;
  if (size == 0) return 0;
  const uint64_t sector = offset / kSectorBytes + random.Below(sectors);
  const Sector wrong = Damaged(sector, damage, random);
  ForEachPiece(offset, size, [&](const Piece& piece) {
    if (piece.sector != sector) return;
    std::copy_n(wrong.data() + piece.begin, piece.size, out.data() + piece.done);
  });
  return size;
}

size_t SimFile::Write(uint64_t offset, std::string_view bytes) {
  const uint64_t end = RoomFor(offset + bytes.size());
  if (end <= offset) return 0;
  bytes = bytes.substr(0, end - offset);
  if (end > size_) SetSize(end);
  ForEachPiece(offset, bytes.size(), [&](const Piece& piece) {
    Sector content = Visible(piece.sector);
    std::copy_n(bytes.data() + piece.done, piece.size, content.data() + piece.begin);
    Put(piece.sector, content, true);
  });
  return bytes.size();
}

bool SimFile::Allocate(uint64_t size) {
  if (RoomFor(size) < size) return false;
  allocated_bytes_ = std::max(allocated_bytes_, size);
  if (size > size_) SetSize(size);
  return true;
}

bool SimFile::Truncate(uint64_t size) {
  if (RoomFor(size) < size) return false;
  if (size < size_) ZeroFrom(size);
  allocated_bytes_ = std::min(allocated_bytes_, size);
  if (size != size_) SetSize(size);
  return true;
}

void SimFile::Sync() {
  for (const auto& [sector, pending] : pending_) {
    previous_[sector] = durable_[sector];
    durable_[sector] = pending.versions.back();
    cache_.erase(sector);
  }
  pending_.clear();
  sizes_pending_.clear();
  size_durable_ = size_;
}

void SimFile::DropCache() {
  if (pending_.empty()) cache_.clear();
}

// The size is metadata and takes another way to the platter: it stays pending.
void SimFile::FailSync(SimRandom& random) {
  if (random.Chance(50)) {
    std::erase_if(cache_, [&](const auto& entry) {
      return pending_.contains(entry.first) && (entry.first + 1) * kSectorBytes <= size_;
    });
  }
  pending_.clear();
}

void SimFile::CutPower(SimRandom& random) {
  const Mood mood(random);
  for (const auto& [sector, pending] : pending_) CutSector(sector, pending, mood, random);
  const uint64_t pick = random.Below(sizes_pending_.size() + 1);
  const uint64_t size = pick == 0 ? size_durable_ : sizes_pending_[pick - 1];
  SetSize(size);
  size_durable_ = size;
  allocated_bytes_ = std::min(allocated_bytes_, size);
  sizes_pending_.clear();
  pending_.clear();
  cache_.clear();
  DropBeyondSize();
}

void SimFile::CutSector(uint64_t sector, const Pending& pending, const Mood& mood,
                        SimRandom& random) {
  const Sector& version = pending.versions[random.Below(pending.versions.size())];
  const uint64_t offset = sector * kSectorBytes;
  const bool is_new = offset >= size_durable_ && offset >= allocated_bytes_;
  if (random.Chance(mood.survive_percent)) {
    durable_[sector] = version;
  } else if (pending.is_written && random.Chance(mood.torn_percent)) {
    durable_[sector] = Torn(version, random);
  } else if (is_new && random.Chance(25)) {
    durable_[sector] = stale_.Pick(random);
  }
}

void SimFile::DropBeyondSize() {
  durable_.erase(durable_.lower_bound(SectorsFor(size_)), durable_.end());
  const auto last = durable_.find(size_ / kSectorBytes);
  if (last == durable_.end()) return;
  std::fill(last->second.begin() + static_cast<ptrdiff_t>(size_ % kSectorBytes), last->second.end(),
            0);
}

void SimFile::Corrupt(uint64_t sector, Damage damage, SimRandom& random) {
  THALWEG_ASSERT(pending_.empty() && sector < SectorsFor(size_));
  cache_.erase(sector);
  durable_[sector] = Damaged(sector, damage, random);
}

Sector SimFile::Damaged(uint64_t sector, Damage damage, SimRandom& random) const {
  switch (damage) {
    case Damage::kFlipBit: {
      Sector content = Visible(sector);
      const uint64_t bytes = std::min<uint64_t>(kSectorBytes, size_ - sector * kSectorBytes);
      const uint64_t bit = random.Below(bytes * 8);
      content[bit / 8] = static_cast<char>(content[bit / 8] ^ (1 << (bit % 8)));
      return content;
    }
    case Damage::kZero: return kZeroSector;
    case Damage::kStale: {
      const auto before = previous_.find(sector);
      return before == previous_.end() ? kZeroSector : before->second;
    }
    case Damage::kMisplaced: return stale_.Pick(random);
  }
  THALWEG_ASSERT(false);
}

const Sector& SimFile::Visible(uint64_t sector) const {
  if (const auto cached = cache_.find(sector); cached != cache_.end()) return cached->second;
  if (const auto durable = durable_.find(sector); durable != durable_.end()) return durable->second;
  return kZeroSector;
}

void SimFile::Put(uint64_t sector, const Sector& content, bool is_written) {
  cache_[sector] = content;
  Pending& pending = pending_[sector];
  if (pending.versions.size() == kVersionsMax) pending.versions.erase(pending.versions.begin());
  pending.versions.push_back(content);
  pending.is_written |= is_written;
}

void SimFile::SetSize(uint64_t size) {
  space_.bytes_used += SpaceFor(size) - SpaceFor(size_);  // wraps, as sums of unsigned may
  size_ = size;
  sizes_pending_.push_back(size);
}

// How far the file could grow on its way to `size`.
uint64_t SimFile::RoomFor(uint64_t size) const {
  const uint64_t has = SpaceFor(size_);
  if (SpaceFor(size) <= has) return size;
  const uint64_t free =
      space_.bytes_max > space_.bytes_used ? space_.bytes_max - space_.bytes_used : 0;
  if (SpaceFor(size) - has <= free) return size;
  return has + free / kSectorBytes * kSectorBytes;
}

// What was cut off must not come back when the file grows again.
void SimFile::ZeroFrom(uint64_t offset) {
  std::vector<uint64_t> sectors;
  const uint64_t first = offset / kSectorBytes;
  for (auto it = durable_.lower_bound(first); it != durable_.end(); ++it) {
    sectors.push_back(it->first);
  }
  for (auto it = cache_.lower_bound(first); it != cache_.end(); ++it) sectors.push_back(it->first);
  for (const uint64_t sector : sectors) {
    Sector content = Visible(sector);
    const uint64_t begin = sector * kSectorBytes;
    const size_t keep = begin < offset ? offset - begin : 0;
    std::fill(content.begin() + static_cast<ptrdiff_t>(keep), content.end(), 0);
    if (content != Visible(sector)) Put(sector, content, false);
  }
}

}  // namespace thalweg
