#include "server/owner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "testing/temp_folder.h"

namespace thalweg {
namespace {

TEST(OtherOwner, IsNobodyHereOrWhoMadeTheIdentity) {
  const TempFolder folder;
  EXPECT_EQ(OtherOwner(folder.path()), std::nullopt) << "nothing is there";
  const std::string identity = folder / "identity";
  std::ofstream(identity) << "x";
  EXPECT_EQ(OtherOwner(folder.path()), std::nullopt) << "this process";
  const uid_t other = geteuid() + 1;
  if (chown(identity.c_str(), other, static_cast<gid_t>(-1)) == 0) {
    EXPECT_EQ(OtherOwner(folder.path()), std::optional(other));
  } else {
    EXPECT_NE(geteuid(), 0u) << "only root may give files away";
  }
}

}  // namespace
}  // namespace thalweg
