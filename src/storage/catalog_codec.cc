#include "storage/catalog_codec.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/ascii.h"
#include "base/assert.h"
#include "base/crc32c.h"
#include "base/little_endian.h"
#include "base/sha256.h"

namespace thalweg {
namespace {

constexpr size_t kCrcBytes = sizeof(uint32_t);
constexpr size_t kPathFixedBytes = 24;
constexpr size_t kSegmentBytes = 36;
constexpr uint32_t kHasDue = 1;
constexpr uint64_t kSignBit = uint64_t{1} << 63;  // flipped, signed numbers sort as bytes do
constexpr size_t kPrintedBytesMax = 64;
static_assert(sizeof(Sha256Digest) == kPathDigestBytes);

template <typename T>
void Append(std::string& out, T value) {
  out.append(std::bit_cast<std::array<char, sizeof value>>(value).data(), sizeof value);
}

template <typename T>
T Take(std::string_view& bytes) {
  THALWEG_ASSERT(bytes.size() >= sizeof(T));
  const T value = Get<T>(bytes, 0);
  bytes.remove_prefix(sizeof value);
  return value;
}

void AppendBigEndian(std::string& out, uint64_t value) { Append(out, __builtin_bswap64(value)); }

uint64_t TakeBigEndian(std::string_view& bytes) { return __builtin_bswap64(Take<uint64_t>(bytes)); }

uint32_t RowCrc(CatalogTable table, std::string_view key, std::string_view body) {
  const char mark = static_cast<char>(table);
  return Crc32c(body, Crc32c(key, Crc32c(std::string_view(&mark, 1))));
}

}  // namespace

bool IsLongPathKey(std::string_view key) { return key.size() == kCatalogKeyBytesMax; }

const char* NameOf(CatalogTable table) {
  switch (table) {
    case CatalogTable::kPaths: return "paths";
    case CatalogTable::kIds: return "ids";
    case CatalogTable::kDue: return "due";
    case CatalogTable::kMeta: return "meta";
  }
  THALWEG_ASSERT(false);
}

std::string SealRow(CatalogTable table, std::string_view key, std::string_view body) {
  THALWEG_ASSERT(kCrcBytes + body.size() <= kCatalogValueBytesMax);
  std::string value;
  value.reserve(kCrcBytes + body.size());
  Append<uint32_t>(value, RowCrc(table, key, body));
  value.append(body);
  return value;
}

std::optional<std::string_view> OpenRow(CatalogTable table, std::string_view key,
                                        std::string_view value) {
  if (value.size() < kCrcBytes || value.size() > kCatalogValueBytesMax) return std::nullopt;
  const auto crc = Take<uint32_t>(value);
  if (crc != RowCrc(table, key, value)) return std::nullopt;
  return value;
}

std::string KeyOfPath(std::string_view path) {
  THALWEG_ASSERT(!path.empty());
  if (path.size() <= kPathKeyBytes) return std::string(path);
  const Sha256Digest digest = Sha256(path);
  std::string key(path.substr(0, kPathKeyBytes));
  return key.append(digest.begin(), digest.end());
}

std::string KeyOfId(StreamId id) {
  std::string key;
  AppendBigEndian(key, id.value);
  return key;
}

std::string KeyOfDue(const ExpiryDue& due) {
  std::string key;
  AppendBigEndian(key, static_cast<uint64_t>(due.at_ms) ^ kSignBit);
  AppendBigEndian(key, due.id.value);
  return key;
}

std::optional<StreamId> DecodeIdKey(std::string_view key) {
  if (key.size() != sizeof(uint64_t)) return std::nullopt;
  return StreamId{TakeBigEndian(key)};
}

std::optional<ExpiryDue> DecodeDueKey(std::string_view key) {
  if (key.size() != 2 * sizeof(uint64_t)) return std::nullopt;
  const auto at_ms = static_cast<int64_t>(TakeBigEndian(key) ^ kSignBit);
  return ExpiryDue{.at_ms = at_ms, .id = StreamId{TakeBigEndian(key)}};
}

std::string EncodePathBody(const CatalogEntry& entry) {
  THALWEG_ASSERT(entry.id != StreamId{});
  const bool is_long = entry.path.size() > kPathKeyBytes;
  std::string body;
  body.reserve(kPathFixedBytes + (is_long ? entry.path.size() : 0) + entry.create.size());
  Append<uint64_t>(body, entry.id.value);
  Append<int64_t>(body, entry.due_ms.value_or(0));
  Append<uint32_t>(body, entry.due_ms ? kHasDue : 0);
  Append<uint32_t>(body, is_long ? static_cast<uint32_t>(entry.path.size()) : 0);
  if (is_long) body.append(entry.path);
  body.append(entry.create);
  return body;
}

std::optional<CatalogEntry> DecodePathBody(std::string_view key, std::string_view body) {
  if (body.size() < kPathFixedBytes) return std::nullopt;
  CatalogEntry entry;
  entry.id.value = Take<uint64_t>(body);
  const auto due_ms = Take<int64_t>(body);
  const auto flags = Take<uint32_t>(body);
  const auto path_bytes = Take<uint32_t>(body);
  if (entry.id == StreamId{} || flags > kHasDue || path_bytes > body.size()) return std::nullopt;
  if (flags == kHasDue) entry.due_ms = due_ms;
  if (!entry.due_ms && due_ms != 0) return std::nullopt;
  if (IsLongPathKey(key) != (path_bytes > kPathKeyBytes)) return std::nullopt;
  if (!IsLongPathKey(key) && path_bytes != 0) return std::nullopt;
  entry.path = path_bytes > 0 ? body.substr(0, path_bytes) : key;
  entry.create = body.substr(path_bytes);
  return entry;
}

std::optional<StreamId> IdInPathRow(std::string_view value) {
  if (value.size() < kCrcBytes + sizeof(uint64_t)) return std::nullopt;
  return StreamId{Get<uint64_t>(value, kCrcBytes)};
}

std::string EncodeHead(const CatalogHead& head) {
  std::string body;
  Append<uint64_t>(body, head.checkpoint.value);
  Append<uint64_t>(body, head.last_id.value);
  Append<uint64_t>(body, head.last_segment);
  for (const SegmentInfo& segment : head.segments) {
    Append<uint64_t>(body, segment.number);
    Append<uint32_t>(body, segment.level);
    Append<uint64_t>(body, segment.file_bytes);
    Append<uint64_t>(body, segment.data_bytes);
    Append<uint64_t>(body, segment.dead_bytes);
  }
  return body;
}

std::optional<CatalogHead> DecodeHead(std::string_view body) {
  constexpr size_t kFixedBytes = 3 * sizeof(uint64_t);
  if (body.size() < kFixedBytes || (body.size() - kFixedBytes) % kSegmentBytes != 0) {
    return std::nullopt;
  }
  CatalogHead head;
  head.checkpoint.value = Take<uint64_t>(body);
  head.last_id.value = Take<uint64_t>(body);
  head.last_segment = Take<uint64_t>(body);
  while (!body.empty()) {
    SegmentInfo& segment = head.segments.emplace_back();
    segment.number = Take<uint64_t>(body);
    segment.level = Take<uint32_t>(body);
    segment.file_bytes = Take<uint64_t>(body);
    segment.data_bytes = Take<uint64_t>(body);
    segment.dead_bytes = Take<uint64_t>(body);
  }
  return head;
}

std::string EncodeVersion(uint32_t version) {
  std::string body;
  Append(body, version);
  return body;
}

std::optional<uint32_t> DecodeVersion(std::string_view body) {
  if (body.size() != sizeof(uint32_t)) return std::nullopt;
  return Take<uint32_t>(body);
}

std::string PrintKey(std::string_view key) {
  const std::string_view shown = key.substr(0, kPrintedBytesMax);
  const char* const more = shown.size() < key.size() ? "…" : "";
  if (std::all_of(shown.begin(), shown.end(), [](char c) { return c > ' ' && c <= '~'; })) {
    return std::string(shown) + more;
  }
  std::string hex = "0x";
  for (const char c : shown) AppendHex(static_cast<uint8_t>(c), hex);
  return hex + more;
}

}  // namespace thalweg
