// What the parts of a data directory are called (data_directory.h), and what LMDB calls its files.
#pragma once

namespace thalweg {

inline constexpr const char* kLogFolder = "log";
inline constexpr const char* kSegmentsFolder = "segments";
inline constexpr const char* kCatalogFolder = "catalog";
inline constexpr const char* kQuarantineFolder = "quarantine";

// Who the directory is, in text.
inline constexpr const char* kIdentityFile = "identity";

// Whoever serves from the directory holds its lock.
inline constexpr const char* kLockFile = "lock";

// In kCatalogFolder. A server makes the lock file, a backup does not.
inline constexpr const char* kCatalogFile = "data.mdb";
inline constexpr const char* kCatalogLockFile = "lock.mdb";

}  // namespace thalweg
