// A folder of its own for one test; goes, with all that is in it, at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace thalweg {

class TempFolder {
 public:
  TempFolder() { THALWEG_ASSERT(mkdtemp(path_.data()) != nullptr); }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "thalweg-test-XXXXXX";
};

}  // namespace thalweg
