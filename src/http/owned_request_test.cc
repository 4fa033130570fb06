#include "http/owned_request.h"

#include <gtest/gtest.h>

#include <memory>

namespace thalweg {
namespace {

TEST(OwnedRequest, OutlivesWhatItWasMadeFrom) {
  std::unique_ptr<OwnedRequest> owned;
  {
    const std::string path = "/v1/stream/a", query = "live=sse", scheme = "https";
    const std::string authority = "example.test", mount = "/api", body = "a body\n";
    const std::string name = "content-type", value = "text/plain";
    const std::vector<HeaderField> headers = {{name, value}, {"empty", ""}};
    owned = std::make_unique<OwnedRequest>(Request{.method = Method::kPost,
                                                   .path = path,
                                                   .query = query,
                                                   .scheme = scheme,
                                                   .authority = authority,
                                                   .mount = mount,
                                                   .headers = headers,
                                                   .body = body});
  }
  const Request& request = owned->view();
  EXPECT_EQ(request.method, Method::kPost);
  EXPECT_EQ(request.path, "/v1/stream/a");
  EXPECT_EQ(request.query, "live=sse");
  EXPECT_EQ(request.scheme, "https");
  EXPECT_EQ(request.authority, "example.test");
  EXPECT_EQ(request.mount, "/api");
  EXPECT_EQ(request.body, "a body\n");
  ASSERT_EQ(request.headers.size(), 2u);
  EXPECT_EQ(request.headers[0].name, "content-type");
  EXPECT_EQ(request.headers[0].value, "text/plain");
  EXPECT_EQ(request.headers[1].name, "empty");
  EXPECT_EQ(request.headers[1].value, "");
}

TEST(OwnedRequest, MovesABodyThatNobodyElseNeeds) {
  std::string body(1'000, 'b');
  const char* at = body.data();
  const OwnedRequest owned{{.method = Method::kPost, .body = body, .body_memory = &body}};
  EXPECT_EQ(owned.view().body, std::string(1'000, 'b'));
  EXPECT_EQ(owned.view().body.data(), at);
  EXPECT_EQ(owned.view().body_memory->data(), at);
  EXPECT_TRUE(body.empty());
}

TEST(OwnedRequest, MayHoldNothing) {
  const OwnedRequest owned{Request{}};
  EXPECT_EQ(owned.view().method, Method::kOther);
  EXPECT_TRUE(owned.view().headers.empty());
  EXPECT_EQ(owned.view().body, "");
}

}  // namespace
}  // namespace thalweg
