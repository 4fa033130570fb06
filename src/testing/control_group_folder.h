// Files that control groups could have, for tests: a folder of its own that goes with the test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace thalweg {

class ControlGroupFolder {
 public:
  ControlGroupFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "thalweg-groups-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~ControlGroupFolder() { std::filesystem::remove_all(root_); }
  ControlGroupFolder(const ControlGroupFolder&) = delete;
  ControlGroupFolder& operator=(const ControlGroupFolder&) = delete;

  void Put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }

  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace thalweg
