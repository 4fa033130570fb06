// The keys and values of the catalog's tables, whatever keeps them. (docs/formats/catalog.md)
//
// Pure: no I/O. THREAD: any. A row's value is a checksum over table, key and body, then the body,
// so that a flipped bit and a value under the wrong key are found. Keys sort as bytes do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/catalog.h"

namespace thalweg {

inline constexpr uint32_t kCatalogVersion = 1;

// Its value stands in front of each row's checksummed bytes: never change one.
enum class CatalogTable : char { kPaths = 'p', kIds = 'i', kDue = 'd', kMeta = 'm' };

// The name of the table in messages and on disk.
const char* NameOf(CatalogTable table);

// The rows of kMeta.
inline constexpr std::string_view kVersionKey = "version";
inline constexpr std::string_view kDirectoryKey = "directory";
inline constexpr std::string_view kHeadKey = "head";

// The longest key; LMDB as Debian builds it takes no longer one.
inline constexpr size_t kCatalogKeyBytesMax = 511;
inline constexpr size_t kPathDigestBytes = 32;
// A longer path is keyed by this much of it and the SHA-256 of it all. So a key of
// kCatalogKeyBytesMax is that of a long path, and no other is.
inline constexpr size_t kPathKeyBytes = kCatalogKeyBytesMax - kPathDigestBytes;

// No value is longer, by far: one that is has a damaged length, and reaches beyond what can be
// read.
inline constexpr size_t kCatalogValueBytesMax = 16u << 20;

// A row's value. SealRow and OpenRow are inverse. REQUIRES: it is not too long.
std::string SealRow(CatalogTable table, std::string_view key, std::string_view body);

// The body, borrowed from `value`, or null where it is too long or has not its checksum.
std::optional<std::string_view> OpenRow(CatalogTable table, std::string_view key,
                                        std::string_view value);

// REQUIRES: `path` is not empty.
std::string KeyOfPath(std::string_view path);
bool IsLongPathKey(std::string_view key);  // of a path that shares its key's beginning with others
std::string KeyOfId(StreamId id);
std::string KeyOfDue(const ExpiryDue& due);
std::optional<StreamId> DecodeIdKey(std::string_view key);
std::optional<ExpiryDue> DecodeDueKey(std::string_view key);

// Bodies. A decoder answers null for what its encoder does not write.
std::string EncodePathBody(const CatalogEntry& entry);
std::optional<CatalogEntry> DecodePathBody(std::string_view key, std::string_view body);
// The id in a row of kPaths whose checksum may be wrong; null: it is too short to have one.
std::optional<StreamId> IdInPathRow(std::string_view value);
std::string EncodeHead(const CatalogHead& head);
std::optional<CatalogHead> DecodeHead(std::string_view body);
std::string EncodeVersion(uint32_t version);
std::optional<uint32_t> DecodeVersion(std::string_view body);

// A key as a person reads it: text where it is printable, else hex; cut where it is long.
std::string PrintKey(std::string_view key);

}  // namespace thalweg
