// Files that control groups could have, for tests: a folder of its own that goes with the test.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "testing/temp_folder.h"

namespace thalweg {

class ControlGroupFolder {
 public:
  void Put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root() / path).parent_path());
    std::ofstream(root() / path) << text << "\n";
  }

  std::filesystem::path root() const { return folder_.path(); }

 private:
  TempFolder folder_;
};

}  // namespace thalweg
