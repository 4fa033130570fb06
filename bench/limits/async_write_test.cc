#include "bench/limits/async_write.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "bench/limits/sync_file.h"

namespace thalweg::bench {
namespace {

TEST(AsyncWrite, TellsWhenItsBytesAreInTheFile) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("async-write-" + std::to_string(getpid()));
  close(OpenFilledWithZeros(path.c_str(), 16'384));
  const int event = eventfd(0, EFD_CLOEXEC);
  {
    AsyncWrite write;
    if (!write.Open(path.c_str(), event)) {
      const int why = errno;
      std::filesystem::remove(path);
      close(event);
      GTEST_SKIP() << "not on this file system: " << why;
    }
    EXPECT_FALSE(write.HasEnded()) << "nothing is under way";
    EXPECT_EQ(write.Begin("hello", 4'096), 4'096u);
    pollfd ready{.fd = event, .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&ready, 1, 60'000), 1);
    EXPECT_TRUE(write.HasEnded());
    EXPECT_FALSE(write.HasEnded()) << "told once";
  }
  std::ifstream file(path);
  const std::string all((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(all.size(), 16'384u);
  EXPECT_EQ(all.substr(4'096, 6), std::string("hello\0", 6));
  std::filesystem::remove(path);
  close(event);
}

}  // namespace
}  // namespace thalweg::bench
