// A whole server over real sockets: the public Server and what it puts together.
#include "thalweg/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "net/net_test_support.h"
#include "testing/line_logger.h"
#include "testing/temp_folder.h"
#include "thalweg/fault_injection.h"

namespace thalweg {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::unique_ptr<Server> Started(ServerOptions options = {}) {
  options.port = 0;
  auto server = Server::Start(std::move(options));
  if (!server) {
    ADD_FAILURE() << server.error().message;
    std::abort();
  }
  return std::move(*server);
}

std::string Ask(uint16_t port, std::string_view method, std::string_view path,
                std::string_view body = "") {
  TestClient client(port);
  client.Send(std::string(method) + " " + std::string(path) +
              " HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  return client.ReadResponse();
}

TEST(Server, ServesStreamsFromMemoryUntilItStops) {
  const auto server = Started();
  EXPECT_EQ(server->url(), "http://127.0.0.1:" + std::to_string(server->port()));
  EXPECT_THAT(Ask(server->port(), "PUT", "/v1/stream/a", "one"), StartsWith("HTTP/1.1 201 "));
  EXPECT_THAT(Ask(server->port(), "GET", "/v1/stream/a"), EndsWith("\r\n\r\none"));
  EXPECT_TRUE(server->store().Has("a"));
  EXPECT_TRUE(server->Stop());
  EXPECT_TRUE(server->Stop()) << "a second stop does nothing";
  EXPECT_TRUE(server->store().Has("a")) << "the store lives on";
}

uint64_t AnswersOf(const ServerStats& stats, std::optional<Method> method, int status) {
  for (const AnswerStats& answer : stats.answers) {
    if (answer.method == method && answer.status == status) return answer.count;
  }
  return 0;
}

uint64_t CountOf(const Durations& durations) {
  return std::accumulate(durations.counts.begin(), durations.counts.end(), uint64_t{0});
}

TEST(Server, CountsWhatAllItsLoopsDoAndKeepsThatWhenItHasStopped) {
  ServerOptions options;
  options.threads = 3;
  options.limits.body_bytes_max = 100;
  options.limits.bodies_bytes_max = 3'000;
  options.limits.connections_max = 10;
  const auto server = Started(options);
  EXPECT_EQ(server->Stats().loops, 3u);
  EXPECT_EQ(server->Stats().connections_max, 10u);
  EXPECT_EQ(server->Stats().request_bytes_max, 3'000u);
  Ask(server->port(), "PUT", "/v1/stream/a", "one");
  for (int i = 0; i < 8; ++i) Ask(server->port(), "GET", "/v1/stream/a");
  Ask(server->port(), "POST", "/v1/stream/a", std::string(101, 'x'));
  ServerStats stats = server->Stats();
  EXPECT_EQ(stats.connections_accepted, 10u);
  EXPECT_EQ(AnswersOf(stats, Method::kPut, 201), 1u);
  EXPECT_EQ(AnswersOf(stats, Method::kGet, 200), 8u);
  EXPECT_EQ(AnswersOf(stats, std::nullopt, 413), 1u);
  EXPECT_EQ(stats.answers.size(), 3u) << "of several loops they are one";
  EXPECT_EQ(CountOf(stats.writes), 1u);
  EXPECT_GT(stats.received_bytes, 300u);
  EXPECT_GT(stats.sent_bytes, 300u);

  TestClient follower(server->port());
  follower.Send("GET /v1/stream/a?offset=now&live=sse HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(follower.ReadUntil("upToDate"), HasSubstr("200 OK"));
  TestClient poller(server->port());
  poller.Send("GET /v1/stream/a?offset=now&live=long-poll HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(Eventually([&] { return server->Stats().readers.long_polls == 1; }));
  EXPECT_EQ(server->Stats().readers.sse_readers, 1u);
  EXPECT_TRUE(Eventually([&] { return server->Stats().connections == 2; }));
  server->Stop();
  stats = server->Stats();
  EXPECT_EQ(stats.loops, 0u);
  EXPECT_EQ(stats.connections, 0u);
  EXPECT_EQ(stats.connections_accepted, 12u);
  EXPECT_EQ(stats.readers.sse_readers + stats.readers.long_polls, 0u);
  EXPECT_EQ(CountOf(stats.writes), 1u);
  EXPECT_GE(CountOf(stats.turns), 10u) << "as many as there were answers, at least";
  EXPECT_EQ(AnswersOf(stats, Method::kGet, 200), 9u);
  EXPECT_EQ(AnswersOf(stats, Method::kGet, 204), 1u) << "the long-poll";
}

TEST(Server, TellsOnItsOwnLoopsWhileItStops) {
  std::atomic<const Server*> itself{nullptr};
  ServerOptions options;
  options.front = [&itself](const Request&, Responder& responder) {
    const Server* const server = itself;
    const std::string loops = server == nullptr ? "none" : std::to_string(server->Stats().loops);
    responder.Respond(200, {}, Bytes::Own(loops));
    return true;
  };
  options.threads = 1;
  const auto server = Started(options);
  itself = server.get();
  std::thread asker([port = server->port()] {
    TestClient client(port);
    for (bool answered = true; answered;) {
      client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      answered = client.ReadResponse().ends_with("\n1");
    }
  });
  EXPECT_TRUE(Eventually([&] { return AnswersOf(server->Stats(), Method::kGet, 200) > 20; }));
  server->Stop();
  asker.join();
}

TEST(Server, LetsBrowsersSeeWhatTheTransportRefuses) {
  ServerOptions options;
  options.limits.body_bytes_max = 2;
  const std::string_view cors = "\r\naccess-control-allow-origin: *\r\n";
  const std::string_view guard = "\r\nx-content-type-options: nosniff\r\n";
  const auto open = Started(options);
  const std::string seen = Ask(open->port(), "POST", "/v1/stream/a", "long");
  EXPECT_THAT(seen, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(seen, AllOf(HasSubstr(cors), HasSubstr(guard)));
  options.router.cors = false;
  const auto shut = Started(options);
  const std::string unseen = Ask(shut->port(), "POST", "/v1/stream/a", "long");
  EXPECT_THAT(unseen, AllOf(Not(HasSubstr(cors)), HasSubstr(guard)));
}

TEST(Server, TakesLimitsThatMakeNoSenseForTheNearestThatDo) {
  constexpr int64_t kForEver = std::numeric_limits<int64_t>::max();
  ServerOptions options;
  options.limits = {.bodies_bytes_max = 0,
                    .pipelined_max = 0,
                    .header_timeout_ms = kForEver,
                    .body_timeout_ms = kForEver,
                    .idle_timeout_ms = kForEver,
                    .write_timeout_ms = kForEver};
  const auto server = Started(options);
  TestClient client(server->port());
  for (int i = 0; i < 300; ++i) {  // longer than timers need to see that a time is over
    client.Send("GET /v1/stream/a HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_THAT(client.ReadResponse(), StartsWith("HTTP/1.1 404 ")) << i;
  }
  EXPECT_THAT(Ask(server->port(), "PUT", "/v1/stream/a", std::string(300'000, 'x')),
              StartsWith("HTTP/1.1 201 "))
      << "one body, which comes in several reads, has always room";
}

TEST(Server, KeepsADirectoryOverARestart) {
  const TempFolder folder;
  ServerOptions options;
  options.data_dir = folder / "data";
  Ask(Started(options)->port(), "PUT", "/v1/stream/a", "one");
  const auto again = Started(options);
  EXPECT_THAT(Ask(again->port(), "GET", "/v1/stream/a"), EndsWith("\r\n\r\none"));
}

std::string TagOf(uint16_t port) {
  const std::string answer = Ask(port, "GET", "/v1/stream/a");
  const size_t at = answer.find("etag: ");
  return at == std::string::npos ? "" : answer.substr(at, answer.find("\r\n", at) - at);
}

// What a cache has of streams that are gone is not taken for what stands there now.
TEST(Server, GivesTheSameTagsOnlyAsLongAsItKeepsItsStreams) {
  const TempFolder folder;
  ServerOptions options;
  std::set<std::string> tags;
  for (const char* name : {"", "", "one", "two"}) {
    options.data_dir = *name == '\0' ? "" : folder / name;
    const auto server = Started(options);
    Ask(server->port(), "PUT", "/v1/stream/a", "text");
    EXPECT_TRUE(tags.insert(TagOf(server->port())).second) << name;
  }
  options.data_dir = folder / "one";
  EXPECT_TRUE(tags.contains(TagOf(Started(options)->port())));
  EXPECT_FALSE(tags.contains(""));
}

// After a restart nothing is verified yet, so a long page is read by a disk worker.
TEST(Server, AnswersInOrderBehindAReadThatADiskWorkerMakes) {
  const TempFolder folder;
  const std::string text(300'000, 'x');
  ServerOptions options;
  options.data_dir = folder / "data";
  EXPECT_THAT(Ask(Started(options)->port(), "PUT", "/v1/stream/a", text), HasSubstr(" 201 "));
  const auto server = Started(options);
  TestClient client(server->port());
  client.Send(
      "GET /v1/stream/a HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /v1/stream/a HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n"
      "Content-Length: 1\r\n\r\ny"
      "GET /v1/stream/a?offset=0000000000000000_0000000000300000 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.ReadResponse(), EndsWith("\r\n\r\n" + text));
  EXPECT_THAT(client.ReadResponse(), StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(client.ReadResponse(), EndsWith("\r\n\r\ny"));
}

TEST(Server, SaysWhyItCannotStart) {
  const TempFolder folder;
  std::ofstream(folder / "file") << "x";
  const auto running = Started({.data_dir = folder / "held"});
  struct Case {
    const char* why;
    ServerOptions options;
    ServerError::Code want;
    const char* said;
  };
  const Case cases[] = {
      {"somebody listens", {.port = running->port()}, ServerError::Code::kPortInUse, "in use"},
      {"not our address",
       {.host = "192.0.2.1", .port = 0},
       ServerError::Code::kCannotListen,
       "192.0.2.1"},
      {"another one's directory",
       {.port = 0, .data_dir = folder / "held"},
       ServerError::Code::kStore,
       "in use by another process, or by another store of this one"},
      {"no directory",
       {.port = 0, .data_dir = folder / "file"},
       ServerError::Code::kStore,
       "Not a directory"},
  };
  for (const Case& c : cases) {
    const auto refused = Server::Start(c.options);
    ASSERT_FALSE(refused) << c.why;
    EXPECT_EQ(refused.error().code, c.want) << c.why;
    EXPECT_THAT(refused.error().message, HasSubstr(c.said)) << c.why;
  }
}

TEST(Server, KnowsThatItsPortIsInUseBeforeItRecoversAStore) {
  const TempFolder folder;
  const auto running = Started();
  const auto refused = Server::Start({.port = running->port(), .data_dir = folder / "data"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ServerError::Code::kPortInUse);
  EXPECT_FALSE(std::filesystem::exists(folder / "data"));
}

// How many sockets this process listens on.
int CountListening() {
  int count = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    int listens = 0;
    socklen_t length = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0) count += listens;
  }
  return count;
}

// Counts what listens when a store has been recovered.
class RecoveryWatcher final : public Logger {
 public:
  void Write(LogLevel, std::string_view message) override {
    if (message.starts_with("recovered")) counts.push_back(CountListening());
  }

  std::vector<int> counts;
};

TEST(Server, LetsNobodyInBeforeItsStoreIsRecovered) {
  const TempFolder folder;
  RecoveryWatcher watcher;
  ServerOptions options{.port = 0, .threads = 2, .data_dir = folder / "data"};
  options.store.logger = &watcher;
  const int others = CountListening();
  const auto server = Started(options);
  EXPECT_THAT(watcher.counts, testing::ElementsAre(others));
  EXPECT_EQ(CountListening(), others + 2);
}

TEST(Server, SeveralServeOneStore) {
  const auto store = Store::InMemory();
  ServerOptions options;
  options.port = 0;
  const auto one = Server::Start(*store, options);
  options.router.base_path = "/other";
  const auto other = Server::Start(*store, options);
  ASSERT_TRUE(one && other);
  Ask((*one)->port(), "PUT", "/v1/stream/a", "one");
  EXPECT_THAT(Ask((*other)->port(), "GET", "/other/a"), EndsWith("\r\n\r\none"));
  ASSERT_TRUE((*other)->Clear());
  EXPECT_THAT(Ask((*one)->port(), "GET", "/v1/stream/a"), StartsWith("HTTP/1.1 404 "));
}

TEST(Server, TakesAsManyConnectionsAsItIsToldHoweverTheyFallOnItsLoops) {
  constexpr size_t kConnections = 40;
  LineLogger told;
  ServerOptions options{.threads = 3};
  options.store.logger = &told;
  options.limits.connections_max = kConnections;
  const auto server = Started(std::move(options));
  const auto answers = [](TestClient& client, std::string_view status) {
    client.Send("GET /v1/stream/a HTTP/1.1\r\nHost: h\r\n\r\n");
    return client.ReadResponse().starts_with("HTTP/1.1 " + std::string(status));
  };
  std::vector<std::unique_ptr<TestClient>> clients;
  for (size_t i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<TestClient>(server->port()));
    ASSERT_TRUE(answers(*clients.back(), "404")) << i;
  }
  TestClient refused(server->port());
  EXPECT_TRUE(answers(refused, "503"));
  EXPECT_THAT(told.warnings(), Contains(HasSubstr("--max-connections (40)")));
  clients.pop_back();
  EXPECT_TRUE(Eventually([&] {
    TestClient next(server->port());
    return answers(next, "404");
  })) << "and that one is still there does not matter";
}

// Three of these are most of that. Each of two loops takes half, which is one; had each the whole,
// it would be six.
TEST(Server, TakesNoMoreBodiesAtOnceThanItIsToldHoweverTheyFallOnItsLoops) {
  constexpr int kClients = 24;
  LineLogger told;
  ServerOptions options{.threads = 2};
  options.store.logger = &told;
  options.limits.body_bytes_max = 60'001;
  options.limits.bodies_bytes_max = 200'000;
  const auto server = Started(std::move(options));
  const std::string all_but_one =
      "POST /v1/stream/a HTTP/1.1\r\nHost: h\r\nContent-Length: 60001\r\n\r\n" +
      std::string(60'000, 'b');
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<TestClient>(server->port()));
    clients.back()->Send(all_but_one);
  }
  const auto refused = [&clients] {
    return std::count_if(clients.begin(), clients.end(),
                         [](const auto& client) { return client->HasAnswer(); });
  };
  EXPECT_TRUE(Eventually([&] { return refused() >= kClients - 3; })) << refused() << " are refused";
  EXPECT_THAT(told.warnings(), Contains(HasSubstr("--max-bodies (200000 bytes")));
}

TEST(Server, AFrontHandlerAnswersBeforeTheRouterAndAFaultBeforeBoth) {
  FaultInjection faults;
  ServerOptions options;
  options.faults = &faults;
  options.front = [](const Request& request, Responder& responder) {
    if (request.path != "/front") return false;
    responder.Respond(200, {}, Bytes::Static("front"));
    return true;
  };
  const auto server = Started(std::move(options));
  ASSERT_EQ(faults.InjectError("/front", 503), std::nullopt);
  EXPECT_THAT(Ask(server->port(), "GET", "/front"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Ask(server->port(), "GET", "/front"), EndsWith("\r\n\r\nfront"));
  EXPECT_THAT(Ask(server->port(), "PUT", "/v1/stream/a"), StartsWith("HTTP/1.1 201 "));
}

TEST(Server, HooksHearOfWhatIsCreatedAndDeleted) {
  std::vector<std::string> heard;
  ServerOptions options;
  options.threads = 1;
  options.router.hooks.on_created = [&heard](const StreamEvent& event, AnswerHold) {
    heard.push_back("+" + event.path);
  };
  options.router.hooks.on_deleted = [&heard](const StreamEvent& event, AnswerHold) {
    heard.push_back("-" + event.path);
  };
  const auto server = Started(std::move(options));
  Ask(server->port(), "PUT", "/v1/stream/a");
  Ask(server->port(), "DELETE", "/v1/stream/a");
  server->Stop();  // its thread wrote what we read now
  EXPECT_THAT(heard, testing::ElementsAre("+a", "-a"));
}

TEST(Server, StopAnswersWhoeverWaits) {
  const auto server = Started();
  Ask(server->port(), "PUT", "/v1/stream/a");
  TestClient waiting(server->port());
  // Sent in one piece: when the first is answered, the long-poll has arrived.
  waiting.Send(
      "HEAD /v1/stream/a HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /v1/stream/a?offset=now&live=long-poll HTTP/1.1\r\nHost: h\r\n\r\n");
  waiting.ReadUntil("\r\n\r\n");
  std::string answer;
  std::thread reader([&] { answer = waiting.ReadAll(); });
  EXPECT_TRUE(server->Stop());
  reader.join();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 "));
}

TEST(Server, StopCutsOffWhatOutlastsItsDeadline) {
  const auto server = Started();
  TestClient slow(server->port());
  slow.Send(
      "PUT /v1/stream/a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 5\r\n\r\n");
  slow.ReadUntil("100 Continue\r\n\r\n");
  EXPECT_FALSE(server->Stop(1));
  EXPECT_FALSE(server->Stop()) << "how it stopped is remembered";
}

TEST(Server, StartsAndStopsAgainAndAgain) {
  const auto store = Store::InMemory();
  for (int i = 0; i < 50; ++i) {
    ServerOptions options;
    options.port = 0;
    options.threads = 2;
    const auto server = Server::Start(*store, options);
    ASSERT_TRUE(server) << server.error().message;
    ASSERT_THAT(Ask((*server)->port(), "PUT", "/v1/stream/a"), StartsWith("HTTP/1.1 20"));
  }
}

}  // namespace
}  // namespace thalweg
