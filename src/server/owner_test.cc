#include "server/owner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace thalweg {
namespace {

namespace fs = std::filesystem;

TEST(OtherOwner, IsNobodyHereOrWhoMadeTheIdentity) {
  std::string name = (fs::temp_directory_path() / "thalweg-owner-XXXXXX").string();
  const fs::path folder = mkdtemp(name.data());
  EXPECT_EQ(OtherOwner(folder), std::nullopt) << "nothing is there";
  const std::string identity = folder / "identity";
  std::ofstream(identity) << "x";
  EXPECT_EQ(OtherOwner(folder), std::nullopt) << "this process";
  const uid_t other = geteuid() + 1;
  if (chown(identity.c_str(), other, static_cast<gid_t>(-1)) == 0) {
    EXPECT_EQ(OtherOwner(folder), std::optional(other));
  } else {
    EXPECT_NE(geteuid(), 0u) << "only root may give files away";
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace thalweg
