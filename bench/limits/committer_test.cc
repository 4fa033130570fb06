#include "bench/limits/committer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <semaphore>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "bench/limits/sync_file.h"

namespace thalweg::bench {
namespace {

TEST(Committer, TellsOfWhatTheFileHas) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("committer-" + std::to_string(getpid()));
  const int file = OpenFilledWithZeros(path.c_str(), 4096);
  ASSERT_GE(file, 0);
  std::filesystem::remove(path);
  BareServer server({.on_request = [](BareConnection&, const BareRequest&) {}});
  BareConnection first(server, open("/dev/null", O_WRONLY | O_CLOEXEC));
  BareConnection second(server, open("/dev/null", O_WRONLY | O_CLOEXEC));

  std::counting_semaphore durable(0);
  {
    Committer committer(file, [&] { durable.release(); });
    EXPECT_TRUE(committer.TakeDurable().empty());
    committer.Stage(first, "one");
    committer.Stage(second, "two");
    committer.Start();
    std::vector<BareConnection*> told;
    while (told.size() < 2) {  // in one batch, or in two
      durable.acquire();
      for (BareConnection* client : committer.TakeDurable()) told.push_back(client);
    }
    EXPECT_EQ(told, (std::vector<BareConnection*>{&first, &second}));
  }

  std::string expected;
  AppendRecord("one", expected);
  AppendRecord("two", expected);
  std::string found(expected.size(), '\0');
  ASSERT_EQ(pread(file, found.data(), found.size(), 0), static_cast<ssize_t>(found.size()));
  EXPECT_EQ(found, expected);
  close(file);
}

TEST(Committer, ARecordIsLengthChecksumAndBody) {
  std::string bytes = "before";
  AppendRecord("body", bytes);
  uint32_t numbers[2];
  ASSERT_EQ(bytes.size(), 6 + sizeof numbers + 4);
  std::memcpy(numbers, bytes.data() + 6, sizeof numbers);
  EXPECT_EQ(numbers[0], 4u);
  EXPECT_EQ(numbers[1], Crc32c("body"));
  EXPECT_TRUE(bytes.ends_with("body"));
}

}  // namespace
}  // namespace thalweg::bench
