// The registry over a store and a router. (thalweg/registry.h)
#include <gtest/gtest.h>

#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "api/store_test_support.h"
#include "http/recording_responder.h"
#include "testing/line_logger.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"
#include "testing/temp_folder.h"
#include "thalweg/registry.h"
#include "thalweg/router.h"
#include "thalweg/store.h"

namespace thalweg {
namespace {

class RegistryHooksTest : public testing::Test {
 protected:
  RegistryHooksTest()
      : registry_(*store_, "__registry__", &logger_), router_(*store_, executor_, Hooked()) {}

  // The status of the answer; 0: there is none.
  int Send(Method method, std::string_view target, std::string_view content_type = "text/plain") {
    RecordingResponder answer;
    const std::string path = "/v1/stream/" + std::string(target);
    const HeaderField headers[] = {{"content-type", content_type}};
    router_.Handle({.method = method,
                    .path = path,
                    .query = {},
                    .scheme = "http",
                    .authority = "h",
                    .headers = headers,
                    .body = {}},
                   answer);
    executor_.RunAll();
    if (answer.status() == 0) answer.Cancel();
    return answer.status();
  }
  int Put(std::string_view target, std::string_view content_type = "text/plain") {
    return Send(Method::kPut, target, content_type);
  }
  int Delete(std::string_view target) { return Send(Method::kDelete, target); }

  std::string Registry() {
    const auto read = store_->Read("__registry__");
    return read ? std::string(Store::FormatResponse(read->content_type, read->messages).view())
                : "error " + read.error().message;
  }

  std::string Insert(const std::string& key, const std::string& type = "text/plain") const {
    return R"({"type":"stream","key":")" + key + R"(","value":{"path":")" + key +
           R"(","contentType":")" + type + R"(","createdAt":)" + std::to_string(clock_.WallMs()) +
           R"(},"headers":{"operation":"insert"}})";
  }
  static std::string Removal(const std::string& key) {
    return R"({"type":"stream","key":")" + key + R"(","headers":{"operation":"delete"}})";
  }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  LineLogger logger_;
  std::unique_ptr<Store> store_ = Store::InMemory({.clock = &clock_, .executor = &executor_});
  RegistryHooks registry_;
  Router router_;

 private:
  RouterOptions Hooked() {
    RouterOptions options;
    options.hooks = registry_.hooks();
    return options;
  }
};

TEST_F(RegistryHooksTest, TellOfEveryStreamInOrder) {
  EXPECT_FALSE(store_->Has("__registry__")) << "it comes with the first event";
  EXPECT_EQ(Put("a"), 201);
  EXPECT_EQ(Put("b%2fc", "application/json"), 201);
  EXPECT_EQ(Put("a"), 200) << "a repeat is no event";
  EXPECT_EQ(Delete("a"), 204);
  EXPECT_EQ(Registry(), "[" + Insert("a") + "," + Insert("b%2Fc", "application/json") + "," +
                            Removal("a") + "]");
  EXPECT_EQ(store_->Get("__registry__")->content_type, "application/json");
  EXPECT_TRUE(logger_.warnings().empty());
}

TEST_F(RegistryHooksTest, TellOfAStreamWhoseKeyBeginsWithASlash) {
  EXPECT_EQ(Put("/a"), 201);
  EXPECT_EQ(Delete("/a"), 204);
  EXPECT_EQ(Registry(), "[" + Insert("//a") + "," + Removal("//a") + "]");
}

TEST_F(RegistryHooksTest, DoNotTellOfTheRegistryItself) {
  EXPECT_EQ(Put("__registry__", "application/json"), 201);
  EXPECT_EQ(Registry(), "[]");
  EXPECT_EQ(Put("a"), 201);
  EXPECT_EQ(Registry(), "[" + Insert("a") + "]");
}

TEST_F(RegistryHooksTest, BeginAgainWhereTheRegistryWasDeleted) {
  EXPECT_EQ(Put("a"), 201);
  EXPECT_EQ(Delete("__registry__"), 204);
  EXPECT_FALSE(store_->Has("__registry__")) << "its own end is no event";
  EXPECT_EQ(Put("b"), 201);
  EXPECT_EQ(Registry(), "[" + Insert("b") + "]");
  EXPECT_TRUE(logger_.warnings().empty());
}

TEST_F(RegistryHooksTest, SayOnceThatTheRegistryIsClosedAndGoOn) {
  EXPECT_EQ(Put("a"), 201);
  const std::string before = Registry();
  ASSERT_TRUE(store_->Close("__registry__"));
  EXPECT_EQ(Put("b"), 201) << "no request fails for it";
  EXPECT_EQ(Delete("a"), 204);
  EXPECT_EQ(Registry(), before);
  ASSERT_EQ(logger_.warnings().size(), 1u);
  EXPECT_NE(logger_.warnings()[0].find("'__registry__'"), std::string::npos)
      << logger_.warnings()[0];
  EXPECT_NE(logger_.warnings()[0].find("delete it"), std::string::npos) << logger_.warnings()[0];

  EXPECT_EQ(Delete("__registry__"), 204) << "the advice";
  EXPECT_EQ(Put("c"), 201);
  EXPECT_EQ(Registry(), "[" + Insert("c") + "]") << "works";
  ASSERT_TRUE(store_->Close("__registry__"));
  EXPECT_EQ(Put("d"), 201);
  EXPECT_EQ(logger_.warnings().size(), 2u) << "a new failure is said again";
}

TEST_F(RegistryHooksTest, WriteIntoNoStreamOfAnotherType) {
  EXPECT_EQ(Put("__registry__", "text/plain"), 201);
  EXPECT_EQ(Put("a"), 201);
  EXPECT_EQ(Registry(), "");
  ASSERT_EQ(logger_.warnings().size(), 1u);
}

// Events of one path that come from several routers, in every order that they may come in.
TEST_F(RegistryHooksTest, EndWithWhatStandsThereHoweverLateAnEventComes) {
  const auto created = [this](const std::string& path, const std::string& type = "text/plain") {
    registry_.hooks().on_created({.path = path, .content_type = type, .at_ms = clock_.WallMs()},
                                 nullptr);
  };
  const auto deleted = [this](const std::string& path) {
    registry_.hooks().on_deleted({.kind = StreamEvent::Kind::kDeleted, .path = path}, nullptr);
  };
  deleted("gone");
  created("gone");
  ASSERT_TRUE(store_->Create("here", {.content_type = "text/plain"}));
  created("here");
  deleted("here");
  ASSERT_TRUE(store_->Create("again", {.content_type = "application/json"}));
  created("again", "application/json");
  created("again", "text/plain");
  ASSERT_TRUE(store_->Create("source", {.content_type = "text/plain"}));
  ASSERT_TRUE(store_->Create("fork", {.forked_from = "source"}));
  ASSERT_TRUE(store_->Remove("source"));
  deleted("source");
  created("source");
  EXPECT_EQ(Registry(), "[" + Removal("gone") + "," + Insert("here") + "," +
                            Insert("again", "application/json") + "," + Removal("source") + "]");
}

// Each stream goes as soon as it has come, so that its two events race.
TEST_F(RegistryHooksTest, EndWithWhatStandsThereWhereThreadsCreateAndDelete) {
  constexpr int kStreams = 500;
  const LifecycleHooks hooks = registry_.hooks();
  std::thread creates([&] {
    for (int i = 0; i < kStreams; ++i) {
      EXPECT_TRUE(store_->Create(std::to_string(i), {.content_type = "text/plain"}));
      hooks.on_created({.path = std::to_string(i), .content_type = "text/plain"}, nullptr);
    }
  });
  for (int i = 0; i < kStreams; ++i) {
    while (!store_->Remove(std::to_string(i)).value()) std::this_thread::yield();
    hooks.on_deleted({.kind = StreamEvent::Kind::kDeleted, .path = std::to_string(i)}, nullptr);
  }
  creates.join();
  const std::string events = Registry();
  for (int i = 0; i < kStreams; ++i) {
    const std::string removal = Removal(std::to_string(i));
    const size_t last = events.rfind(R"({"type":"stream","key":")" + std::to_string(i) + '"');
    ASSERT_NE(last, std::string::npos) << i;
    EXPECT_EQ(events.substr(last, removal.size()), removal);
  }
}

TEST_F(RegistryHooksTest, MayOutliveTheirMaker) {
  LifecycleHooks hooks;
  {
    RegistryHooks other(*store_, "/other%2d");  // "other-" in another spelling
    hooks = other.hooks();
  }
  hooks.on_created({.path = "other-", .content_type = "a/b"}, nullptr);
  EXPECT_FALSE(store_->Has("other-")) << "itself, in any spelling";
  ASSERT_TRUE(store_->Create("x", {.content_type = "a/b"}));
  hooks.on_created({.path = "x", .content_type = "a/b"}, nullptr);
  EXPECT_TRUE(store_->Has("other-"));
}

TEST(RegistryHooks, HoldAnAnswerUntilTheEventIsOnTheDisk) {
  const TempFolder folder;
  auto store = Store::Open(folder / "data");
  ASSERT_TRUE(store) << store.error().message;
  RegistryHooks registry(**store);
  for (int events = 1; events <= 3; ++events) {
    std::binary_semaphore released(0);
    std::string seen;
    AnswerHold hold(&seen, [&](void*) {
      const auto read = (*store)->Read("__registry__");
      if (read) seen = Store::FormatResponse(read->content_type, read->messages).view();
      released.release();
    });
    const std::string path = "s" + std::to_string(events);
    ASSERT_TRUE((*store)->Create(path, {.content_type = "text/plain"}));
    registry.hooks().on_created({.path = path, .content_type = "text/plain"}, std::move(hold));
    released.acquire();
    EXPECT_NE(seen.find("\"" + path + "\""), std::string::npos) << seen;
  }
}

TEST_F(RegistryHooksTest, FailNoRequestWhereNoStreamCanLive) {
  RegistryHooks nowhere(*store_, "__ds/x", &logger_);
  auto hold = std::make_shared<int>();
  const std::weak_ptr<int> held = hold;
  ASSERT_TRUE(store_->Create("x", {.content_type = "a/b"}));
  nowhere.hooks().on_created({.path = "x", .content_type = "a/b"}, std::move(hold));
  EXPECT_TRUE(held.expired()) << "the answer goes";
  EXPECT_EQ(logger_.warnings().size(), 1u);
}

}  // namespace
}  // namespace thalweg
