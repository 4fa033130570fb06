#include "server/directory_at_rest.h"

#include <utility>

namespace thalweg {

StorageResult<std::unique_ptr<DirectoryAtRest>> DirectoryAtRest::Open(Disk& disk,
                                                                      const std::string& path) {
  auto at_rest = std::make_unique<DirectoryAtRest>(disk, path);
  auto directory = DataDirectory::OpenAtRest(at_rest->view_);
  if (!directory) return std::unexpected(directory.error());
  at_rest->directory_ = *std::move(directory);
  return at_rest;
}

StorageResult<std::unique_ptr<LmdbCatalog>> DirectoryAtRest::OpenCatalog() {
  const auto there = CatalogIsThere(view_);
  if (!there) return std::unexpected(there.error());
  if (!*there) return nullptr;
  return LmdbCatalog::Open(path_ + "/" + kCatalogFolder, id(),
                           {.mode = LmdbCatalog::Mode::kReadAtRest});
}

StorageResult<std::unique_ptr<StreamStore>> DirectoryAtRest::OpenStore() {
  auto catalog = OpenCatalog();
  if (!catalog) return std::unexpected(catalog.error());
  if (*catalog == nullptr) return nullptr;
  return StreamStore::Open(view_, id(), *std::move(catalog));
}

}  // namespace thalweg
