#include "api/engine_home.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "api/store_test_support.h"
#include "storage/log_format.h"
#include "thalweg/store.h"

namespace thalweg {
namespace {

// Of the first file of the log of a new directory.
std::optional<uint64_t> SaltOfNewLog(const std::string& path) {
  const auto store = Store::Open(path, {.log_file_bytes = 1});
  if (!store || !(*store)->Create("a")) return std::nullopt;
  for (const auto& file : std::filesystem::directory_iterator(path + "/log")) {
    std::string page(kLogPageBytes, '\0');
    std::ifstream(file.path()).read(page.data(), static_cast<std::streamsize>(page.size()));
    if (const auto found = DecodeLogFileHeader(page); found) return found->salt;
  }
  return std::nullopt;
}

// A block of another log, or of an earlier start, is not taken for one of this log (docs/formats).
TEST(EngineHome, EachStartHasItsOwnSalts) {
  const TestFolder folder;
  const auto one = SaltOfNewLog(folder / "one");
  const auto other = SaltOfNewLog(folder / "other");
  ASSERT_TRUE(one && other);
  EXPECT_NE(*one, *other);
}

}  // namespace
}  // namespace thalweg
