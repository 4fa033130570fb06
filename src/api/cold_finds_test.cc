// A whole server on a disk that does not answer: who asks for what is in memory is served, and what
// one connection appends to streams that have to be found keeps its order. Over real sockets, with
// the engine's own threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/system_clock.h"
#include "engine/durable_engine.h"
#include "net/http_listener.h"
#include "net/net_test_support.h"
#include "storage/directory.h"
#include "testing/cold_disk.h"
#include "testing/door.h"
#include "testing/sim_catalog.h"
#include "testing/sim_disk.h"
#include "thalweg/router.h"

namespace thalweg {
namespace {

using testing::EndsWith;
using testing::StartsWith;

constexpr std::string_view kPaths[] = {"hot", "surprise", "a", "b"};

std::string AskFor(std::string_view method, std::string_view path, std::string_view body = "") {
  std::string text(method);
  text.append(" /v1/stream/").append(path).append(" HTTP/1.1\r\nHost: h\r\nContent-Type: ");
  text.append(kBytesType).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

// Its streams are on the disk, but for "hot"; that a find waits for the disk is known.
class SlowDisk : public testing::Test, public RequestHandler {
 protected:
  SlowDisk() {
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("log"));
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("segments"));
    Open();
    for (const std::string_view path : kPaths) engine().Create(NewStream(path, kBytesType, "0"));
    durable_.reset();  // with a checkpoint
    Open();
    ListenSocket socket = ListenAnywhere();
    port_ = socket.port();
    loop_ = std::make_unique<Loop>();
    router_ = std::make_unique<Router>(engine(), *loop_, nullptr, clock_, RouterOptions{});
    listener_ = std::make_unique<HttpListener>(*loop_, std::move(socket), *this, HttpLimits{},
                                               connection_limit_);
    thread_ = std::thread([this] { loop_->Run(); });
    EXPECT_THAT(Ask("POST", "hot", "1"), StartsWith("HTTP/1.1 204"));
    disk_.SetCold(true);
    EXPECT_EQ(engine().Describe("surprise").verdict, ReadVerdict::kOk);
    disk_.AwaitRead();
    disk_.HoldReads();
  }

  ~SlowDisk() override {
    loop_->Stop();
    thread_.join();
    listener_.reset();
    router_.reset();
    disk_.ReleaseReads();
    durable_.reset();
  }

  void Open() {
    DurableEngineOptions options;
    options.log = {.file_bytes = 1 << 20, .salt_seed = ++starts_};
    const auto tell = [](const StorageFault& fault) { ADD_FAILURE() << fault.message; };
    auto opened = DurableEngine::Open(
        disk_, std::make_unique<BorrowedCatalog>(catalog_), options, clock_,
        {.keeper =
             {.on_checkpoint = {}, .on_trouble = tell, .on_set_aside = {}, .on_failure = tell},
         .on_unreadable = tell});
    ASSERT_TRUE(opened) << opened.error().message;
    durable_ = *std::move(opened);
  }

  std::string Ask(std::string_view method, std::string_view path, std::string_view body = "") {
    TestClient client(port_);
    client.Send(AskFor(method, path, body));
    return client.ReadResponse();
  }

  // What was appended to "hot" since it is in memory.
  std::string ReadHot() { return Ask("GET", "hot?offset=" + FormatOffset(Offset{1})); }

  Engine& engine() { return durable_->engine(); }

  SimDisk sim_disk_{1};
  ColdDisk disk_{sim_disk_};
  uint16_t port_ = 0;

 private:
  void Handle(const Request& request, Responder& responder) override {
    router_->Handle(request, responder);
  }

  SimCatalog catalog_;
  SystemClock clock_;
  uint64_t starts_ = 0;
  std::unique_ptr<DurableEngine> durable_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Router> router_;
  ConnectionLimit connection_limit_{100};
  std::unique_ptr<HttpListener> listener_;
  std::thread thread_;
};

TEST_F(SlowDisk, KeepsNobodyWhoAsksForWhatIsInMemory) {
  TestClient find(port_), read(port_);
  find.Send(AskFor("HEAD", "a"));
  disk_.AwaitRead();
  read.Send(AskFor("GET", "b"));
  disk_.AwaitRead();  // both of the engine's workers may wait now
  EXPECT_THAT(Ask("POST", "hot", "2"), StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(ReadHot(), EndsWith("\r\n\r\n12"));
  EXPECT_THAT(Ask("HEAD", "hot"), StartsWith("HTTP/1.1 200"));
  disk_.ReleaseReads();
  EXPECT_THAT(find.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(read.ReadResponse(), EndsWith("0"));
}

TEST_F(SlowDisk, KeepsTheOrderOfWhatOneConnectionAppends) {
  TestClient client(port_);
  client.Send(AskFor("POST", "hot", "2") + AskFor("POST", "a", "1") + AskFor("POST", "a", "2") +
              AskFor("POST", "hot", "3") + AskFor("POST", "b", "1") + AskFor("POST", "a", "3") +
              AskFor("GET", "a"));
  EXPECT_THAT(client.ReadResponse(), StartsWith("HTTP/1.1 204"));
  disk_.AwaitRead();
  EXPECT_THAT(ReadHot(), EndsWith("\r\n\r\n12")) << "the next append has overtaken one before it";
  disk_.ReleaseReads();
  for (int i = 0; i < 5; ++i) EXPECT_THAT(client.ReadResponse(), StartsWith("HTTP/1.1 204")) << i;
  EXPECT_THAT(client.ReadResponse(), EndsWith("0123"));
  EXPECT_THAT(ReadHot(), EndsWith("\r\n\r\n123"));
  EXPECT_THAT(Ask("GET", "b"), EndsWith("01"));
}

TEST_F(SlowDisk, KeepsNothingOfAClientThatHasLeft) {
  TestClient client(port_);
  client.Send(AskFor("POST", "a", "1") + AskFor("POST", "hot", "2"));
  disk_.AwaitRead();
  client.CloseHard();
  EXPECT_THAT(ReadHot(), EndsWith("\r\n\r\n1"));
  disk_.ReleaseReads();
  EXPECT_THAT(Ask("POST", "a", "2"), StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(Ask("GET", "a"), EndsWith("02"));
  EXPECT_THAT(ReadHot(), EndsWith("\r\n\r\n1"));
}

TEST_F(SlowDisk, LetsTheServerEndMeanwhile) {
  TestClient client(port_);
  client.Send(AskFor("POST", "a", "1") + AskFor("POST", "b", "2"));
  disk_.AwaitRead();
}

}  // namespace
}  // namespace thalweg
