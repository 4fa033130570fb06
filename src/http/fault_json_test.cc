#include "http/fault_json.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(FaultJson, TakesEveryMember) {
  const auto placed = ParseFault(R"({
    "path": "/v1/stream/\u00e9", "status": 503, "count": 2, "retryAfter": 7, "delayMs": 12.75,
    "dropConnection": true, "truncateBodyBytes": 0, "probability": 0.5, "method": "post",
    "corruptBody": true, "jitterMs": 3, "injectSseEvent": {"eventType": "e", "data": "a\nb"}})");
  ASSERT_TRUE(placed) << placed.error();
  const Fault& fault = placed->fault;
  EXPECT_EQ(placed->path, "/v1/stream/\xC3\xA9");
  EXPECT_EQ(fault.status, 503);
  EXPECT_EQ(fault.count, 2u);
  EXPECT_EQ(fault.retry_after_s, 7u);
  EXPECT_EQ(fault.delay_ms, 12);
  EXPECT_TRUE(fault.drop_connection);
  EXPECT_EQ(fault.truncate_body_bytes, 0u);
  EXPECT_EQ(fault.probability, 0.5);
  EXPECT_EQ(fault.method, "post");
  EXPECT_TRUE(fault.corrupt_body);
  EXPECT_EQ(fault.jitter_ms, 3);
  ASSERT_TRUE(fault.sse_event);
  EXPECT_EQ(fault.sse_event->type, "e");
  EXPECT_EQ(fault.sse_event->data, "a\nb");
}

TEST(FaultJson, LeavesWhatIsNotThereAsItIs) {
  const auto placed = ParseFault(R"({"path": "/a", "status": null, "delayMs": null})");
  ASSERT_TRUE(placed) << placed.error();
  EXPECT_EQ(placed->fault.status, 0);
  EXPECT_EQ(placed->fault.count, 1u);
  EXPECT_EQ(placed->fault.probability, 1.0);
  EXPECT_FALSE(placed->fault.delay_ms || placed->fault.truncate_body_bytes ||
               placed->fault.sse_event || placed->fault.retry_after_s);
}

TEST(FaultJson, SaysWhatIsWrong) {
  struct Case {
    std::string_view json;
    std::string_view want;
  };
  const Case cases[] = {
      {{}, "The body is not a JSON object."},
      {"", "The body is not a JSON object."},
      {"null", "The body is not a JSON object."},
      {"[]", "The body is not a JSON object."},
      {R"({"path":"/a")", "The body is not a JSON object."},
      {R"({"path":"/a"} {})", "The body is not a JSON object."},
      {"{}", "path is missing: which requests are to meet the fault?"},
      {R"({"status":503})", "path is missing: which requests are to meet the fault?"},
      {R"({"path":7})", "path must be a string."},
      {R"({"status":"503"})", "status must be a whole number from 200 to 599."},
      {R"({"status":0})", "status must be a whole number from 200 to 599."},
      {R"({"status":503.5})", "status must be a whole number from 200 to 599."},
      {R"({"status":4294967799})", "status must be a whole number from 200 to 599."},
      {R"({"delayMs":-1})", "delayMs must be a number of milliseconds, at least 0."},
      {R"({"delayMs":1e300})", "delayMs must be a number of milliseconds, at least 0."},
      {R"({"jitterMs":true})", "jitterMs must be a number of milliseconds, at least 0."},
      {R"({"dropConnection":1})", "dropConnection must be true or false."},
      {R"({"corruptBody":"yes"})", "corruptBody must be true or false."},
      {R"({"truncateBodyBytes":-1})", "truncateBodyBytes must be a whole number, at least 0."},
      {R"({"count":1.5})", "count must be a whole number, at least 0."},
      {R"({"probability":"1"})", "probability must be a number from 0 to 1."},
      {R"({"method":["GET"]})", "method must be a string."},
      {R"({"retryAfter":"1"})", "retryAfter must be a whole number of seconds, at least 0."},
      {R"({"injectSseEvent":"e"})",
       "injectSseEvent must be an object with the strings eventType and data."},
      {R"({"injectSseEvent":{"eventType":"e"}})",
       "injectSseEvent must be an object with the strings eventType and data."},
      {R"({"injectSseEvent":{"eventType":1,"data":""}})",
       "injectSseEvent must be an object with the strings eventType and data."},
      {R"({"stauts":503})",
       "'stauts' is not known; what is: path, status, delayMs, dropConnection, truncateBodyBytes, "
       "corruptBody, injectSseEvent, count, probability, method, retryAfter, jitterMs."},
  };
  for (const Case& c : cases) {
    const auto placed = ParseFault(c.json);
    ASSERT_FALSE(placed) << c.json;
    EXPECT_EQ(placed.error(), c.want) << c.json;
  }
}

}  // namespace
}  // namespace thalweg
