#include "http/spoiled_responder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "http/recording_responder.h"

namespace thalweg {
namespace {

HeaderList TypedHeaders(std::string_view content_type) {
  HeaderList headers;
  headers.Add("Content-Type", content_type);
  return headers;
}

const std::string kBody = "[{\"a\":1},{\"b\":2},{\"c\":3}]";

// How many bytes of `text` are not those of kBody.
size_t Differences(const std::string& text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) count += text[i] != kBody[i];
  return count;
}

TEST(SpoiledResponder, EndsABodyEarlyAsIfItWereWhole) {
  struct Case {
    const char* why;
    uint64_t bytes;
    size_t want;
  };
  const Case cases[] = {{"nothing", 0, 0},
                        {"within the first part", 3, 3},
                        {"within the second part", 12, 12},
                        {"all but one", kBody.size() - 1, kBody.size() - 1},
                        {"all", kBody.size(), kBody.size()},
                        {"more than there is", 1000, kBody.size()}};
  for (const Case& c : cases) {
    for (const bool knows_length : {true, false}) {
      RecordingResponder answer;
      Responder& spoiled =
          SpoiledResponder::Wrap(answer, Method::kGet, {.truncate_body_bytes = c.bytes});
      spoiled.Start(200, TypedHeaders("application/json"),
                    knows_length ? std::optional<uint64_t>(kBody.size()) : std::nullopt);
      spoiled.Write(Bytes::Static(std::string_view(kBody).substr(0, 10)));
      spoiled.Write(Bytes::Static(std::string_view(kBody).substr(10)));
      spoiled.Finish();
      EXPECT_EQ(answer.body(), kBody.substr(0, c.want)) << c.why;
      EXPECT_TRUE(answer.finished()) << c.why;
      EXPECT_EQ(answer.content_length(),
                knows_length ? std::optional<uint64_t>(c.want) : std::nullopt)
          << c.why;
    }
  }
}

TEST(SpoiledResponder, BreaksTheFrontAndATenthOfABody) {
  for (const size_t part : {size_t{1}, size_t{5}, kBody.size()}) {
    RecordingResponder answer;
    Responder& spoiled =
        SpoiledResponder::Wrap(answer, Method::kGet, {.corrupt_body = true, .seed = 3});
    spoiled.Start(200, TypedHeaders("application/json"), kBody.size());
    for (size_t at = 0; at < kBody.size(); at += part) {
      spoiled.Write(Bytes::Static(std::string_view(kBody).substr(at, part)));
    }
    spoiled.Finish();
    EXPECT_EQ(answer.body().size(), kBody.size());
    EXPECT_TRUE(answer.body().starts_with("XY")) << answer.body();
    EXPECT_GT(Differences(answer.body()), 2u) << answer.body();
  }
}

TEST(SpoiledResponder, ChangesEvenABodyThatLooksCorruptAlready) {
  for (const char* body : {"X", "XY", "Z", "XYZZZ"}) {
    RecordingResponder answer;
    Responder& spoiled = SpoiledResponder::Wrap(answer, Method::kGet, {.corrupt_body = true});
    spoiled.Respond(200, {}, Bytes::Static(body));
    EXPECT_NE(answer.body(), body);
    EXPECT_EQ(answer.body().size(), std::string_view(body).size());
  }
}

TEST(SpoiledResponder, SpoilsOnlyWhatIsABodyOfARead) {
  struct Case {
    const char* why;
    Method method;
    int status;
    const char* content_type;
    bool spoiled;
  };
  const Case cases[] = {
      {"a read", Method::kGet, 200, "text/plain", true},
      {"an error", Method::kGet, 404, "text/plain", false},
      {"an append", Method::kPost, 200, "text/plain", false},
      {"SSE", Method::kGet, 200, "text/event-stream", false},
      {"SSE of another spelling", Method::kGet, 200, "Text/Event-Stream; charset=utf-8", false},
  };
  for (const Case& c : cases) {
    RecordingResponder answer;
    Responder& spoiled =
        SpoiledResponder::Wrap(answer, c.method, {.truncate_body_bytes = 4, .corrupt_body = true});
    spoiled.Respond(c.status, TypedHeaders(c.content_type), Bytes::Static(kBody));
    EXPECT_EQ(answer.body().size(), c.spoiled ? 4 : kBody.size()) << c.why;
    EXPECT_EQ(answer.body() == kBody, !c.spoiled) << c.why;
  }
}

TEST(SpoiledResponder, PutsItsEventInFrontOfSse) {
  const std::string event = "event: weird\ndata: {bad\n\n";
  RecordingResponder sse;
  Responder& spoiled = SpoiledResponder::Wrap(sse, Method::kGet, {.sse_event = event});
  spoiled.Start(200, TypedHeaders("text/event-stream"), std::nullopt);
  EXPECT_EQ(sse.body(), event) << "before anything else happens";
  spoiled.Write(Bytes::Static("event: data\n\n"));
  spoiled.Finish();
  EXPECT_EQ(sse.body(), event + "event: data\n\n");

  RecordingResponder other;
  SpoiledResponder::Wrap(other, Method::kGet, {.sse_event = event})
      .Respond(200, TypedHeaders("text/plain"), Bytes::Static(kBody));
  EXPECT_EQ(other.body(), kBody) << "nothing else has events";
}

// What a transport tells, and what it is told.
class Listener final : public ResponderEvents {
 public:
  void OnWritable() override { ++writable; }
  void OnCancel() override { ++cancelled; }
  int writable = 0;
  int cancelled = 0;
};

TEST(SpoiledResponder, PassesOnWhatTheTransportTells) {
  RecordingResponder answer;
  Listener listener;
  Responder& spoiled = SpoiledResponder::Wrap(answer, Method::kGet, {.corrupt_body = true});
  spoiled.SetEvents(&listener);
  spoiled.Start(200, {}, std::nullopt);
  answer.set_room(3);
  EXPECT_FALSE(spoiled.Write(Bytes::Static(kBody)));
  answer.MakeRoom();
  EXPECT_EQ(listener.writable, 1);
  EXPECT_TRUE(spoiled.Write(Bytes::Static(kBody)));
  answer.Cancel();  // ends the wrapper: a leak would show under the address sanitizer
  EXPECT_EQ(listener.cancelled, 1);
}

TEST(SpoiledResponder, HoldsBackWhatComesNextWhereTheTransportCan) {
  RecordingResponder answer;
  Responder& spoiled = SpoiledResponder::Wrap(answer, Method::kPost, {.corrupt_body = true});
  EXPECT_FALSE(spoiled.HoldNext(true));
  answer.set_can_hold(true);
  EXPECT_TRUE(spoiled.HoldNext(true));
  EXPECT_TRUE(answer.holds_next());
  spoiled.HoldNext(false);
  EXPECT_FALSE(answer.holds_next());
  spoiled.Abort();
}

TEST(SpoiledResponder, StaysForAHandlerThatDoesNotHearOfTheClientsEnd) {
  for (const bool finishes : {true, false}) {
    RecordingResponder answer;
    Responder& spoiled =
        SpoiledResponder::Wrap(answer, Method::kGet, {.truncate_body_bytes = 3, .sse_event = "x"});
    answer.Cancel();
    EXPECT_FALSE(spoiled.HoldNext(true));
    spoiled.Start(200, TypedHeaders(finishes ? "text/plain" : "text/event-stream"), std::nullopt);
    EXPECT_TRUE(spoiled.Write(Bytes::Static(kBody)));
    EXPECT_TRUE(spoiled.WriteFile({}));
    finishes ? spoiled.Finish() : spoiled.Abort();
    EXPECT_EQ(answer.status(), 0);
  }
}

TEST(SpoiledResponder, MayBeAborted) {
  RecordingResponder answer;
  Responder& spoiled = SpoiledResponder::Wrap(answer, Method::kGet, {.corrupt_body = true});
  spoiled.Start(200, {}, std::nullopt);
  spoiled.Abort();
  EXPECT_TRUE(answer.aborted());
}

TEST(SpoiledResponder, SpoilsFilesToo) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::tmpfile(), close);
  ASSERT_EQ(std::fwrite(("ab" + kBody).data(), 1, 2 + kBody.size(), file.get()), 2 + kBody.size());
  std::fflush(file.get());
  const FileRange range{
      .owner = nullptr, .fd = fileno(file.get()), .begin = 2, .length = kBody.size()};

  RecordingResponder truncated;
  Responder& shorter = SpoiledResponder::Wrap(truncated, Method::kGet, {.truncate_body_bytes = 5});
  shorter.Start(200, {}, kBody.size());
  shorter.WriteFile(range);
  shorter.Finish();
  EXPECT_EQ(truncated.body(), kBody.substr(0, 5));

  RecordingResponder corrupted;
  Responder& broken = SpoiledResponder::Wrap(corrupted, Method::kGet, {.corrupt_body = true});
  broken.Start(200, {}, kBody.size());
  broken.WriteFile(range);
  broken.Finish();
  EXPECT_EQ(corrupted.body().size(), kBody.size());
  EXPECT_GT(Differences(corrupted.body()), 2u);
}

}  // namespace
}  // namespace thalweg
