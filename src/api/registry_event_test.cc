#include "api/registry_event.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(RegistryEvent, IsAChangeOfTheStateProtocol) {
  const StreamEvent created{.kind = StreamEvent::Kind::kCreated,
                            .path = "rooms/lobby",
                            .content_type = "application/json",
                            .at_ms = 1'800'000'000'123};
  EXPECT_EQ(RegistryEventJson(created),
            R"({"type":"stream","key":"rooms/lobby","value":{"path":"rooms/lobby",)"
            R"("contentType":"application/json","createdAt":1800000000123},)"
            R"("headers":{"operation":"insert"}})");
  const StreamEvent deleted{
      .kind = StreamEvent::Kind::kDeleted, .path = "rooms/lobby", .at_ms = 1'800'000'000'123};
  EXPECT_EQ(RegistryEventJson(deleted),
            R"({"type":"stream","key":"rooms/lobby","headers":{"operation":"delete"}})");
}

TEST(RegistryEvent, HoldsAnyKeyAndType) {
  const StreamEvent created{.kind = StreamEvent::Kind::kCreated,
                            .path = R"(a"b\c/%C3%A9)",
                            .content_type = "text/plain; x=\"\xE9\"",
                            .at_ms = 0};
  EXPECT_EQ(RegistryEventJson(created),
            R"({"type":"stream","key":"a\"b\\c/%C3%A9","value":{"path":"a\"b\\c/%C3%A9",)"
            R"("contentType":"text/plain; x=\"\u00e9\"","createdAt":0},)"
            R"("headers":{"operation":"insert"}})");
}

}  // namespace
}  // namespace thalweg
