#include "bench/load/target.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace thalweg::bench {
namespace {

TEST(Target, IsTakenFromAUrl) {
  struct Case {
    const char* url;
    const char* host;
    uint16_t port;
    const char* path;
  };
  const Case cases[] = {
      {"http://127.0.0.1:4437/v1/stream", "127.0.0.1:4437", 4437, "/v1/stream"},
      {"http://localhost:80/v1/stream/", "localhost:80", 80, "/v1/stream"},
      {"http://127.0.0.1", "127.0.0.1", 80, ""},
      {"http://127.0.0.1:9/", "127.0.0.1:9", 9, ""},
  };
  for (const Case& c : cases) {
    const auto target = ParseTarget(c.url);
    ASSERT_TRUE(target.has_value()) << c.url;
    EXPECT_EQ(target->host, c.host);
    EXPECT_EQ(ntohs(target->address.sin_port), c.port);
    EXPECT_EQ(ntohl(target->address.sin_addr.s_addr), INADDR_LOOPBACK);
    EXPECT_EQ(target->path, c.path);
  }
}

TEST(Target, IsRefusedWithAReason) {
  for (const char* url : {"https://127.0.0.1/", "127.0.0.1:1", "http://127.0.0.1:70000/",
                          "http://127.0.0.1:/x", "http://example.com/", "http://"}) {
    const auto target = ParseTarget(url);
    ASSERT_FALSE(target.has_value()) << url;
    EXPECT_TRUE(target.error().starts_with(url)) << target.error();
  }
}

}  // namespace
}  // namespace thalweg::bench
