// What happens to connections over time: limits, slow clients, clients that go away, the end.
#include "net/http_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/net_test_support.h"
#include "testing/manual_clock.h"
#include "testing/sanitized.h"

namespace thalweg {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(HttpListener, AnswersASlowHeadWith408) {
  HttpLimits limits;
  limits.header_timeout_ms = 30;
  TestServer server(limits);
  TestClient client(server.port());
  client.Send("GET / HTTP/1.1\r\nHo");
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST(HttpListener, AnswersASlowBodyWith408) {
  HttpLimits limits;
  limits.body_timeout_ms = 30;
  TestServer server(limits);
  TestClient client(server.port());
  client.Send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST(HttpListener, EndsASlowBodyWhereItTakesTheMemoryThatOthersNeed) {
  HttpLimits limits;
  limits.bodies_bytes_max = 50'000;
  TestServer server(limits);
  const std::string body(30'000, 'x');
  const std::string head = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 30001\r\n\r\n";
  TestClient slow(server.port());
  slow.Send(head + body);
  {
    const std::jthread others([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        TestClient other(server.port());
        other.Send(head + body);
        other.ShutdownWrite();
        other.ReadAll();
      }
    });
    EXPECT_THAT(slow.ReadAll(), HasSubstr("\"code\":\"too-many-bodies\""));
  }
  TestClient quick(server.port());
  quick.Send(head + body + "x");
  EXPECT_THAT(quick.ReadResponse(), StartsWith("HTTP/1.1 200 "));
}

// A client that has asked for `path` before the listener sees it, however long that takes.
std::unique_ptr<TestClient> AskWithin(TestServer& server, const std::string& path) {
  std::unique_ptr<TestClient> client;
  server.OnLoop([&] {
    client = std::make_unique<TestClient>(server.port());
    client->Send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
  });
  return client;
}

TEST(HttpListener, ClosesAnIdleConnectionSilently) {
  HttpLimits limits;
  limits.idle_timeout_ms = 30;
  TestServer server(limits);
  TestClient fresh(server.port());
  EXPECT_EQ(fresh.ReadAll(), "");
  const auto used = AskWithin(server, "/x");
  EXPECT_THAT(used->ReadAll(), EndsWith("m0 /x? h "));
}

TEST(HttpListener, LetsAWaitingAnswerWaitBeyondAllTimeouts) {
  HttpLimits limits;
  limits.idle_timeout_ms = limits.header_timeout_ms = limits.write_timeout_ms = 10;
  TestServer server(limits);
  const auto client = AskWithin(server, "/hold");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold"));
  TestClient probe(server.port());
  EXPECT_EQ(probe.ReadAll(), "");  // closed after 10 ms, so these have passed
  server.Release("/hold", "done");
  EXPECT_THAT(client->ReadResponse(), EndsWith("done"));
}

void ExpectDropsAClientThatTakesNothing(size_t chunk_bytes) {
  HttpLimits limits;
  limits.write_timeout_ms = 50;
  TestServer server(limits);
  TestClient client(server.port(), 4096);
  client.Send("GET /live HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /live"));
  server.OnLoop([] {});  // the head is on its way
  const Bytes chunk = Bytes::Own(std::string(chunk_bytes, 'x'));
  const auto fill = [&] {
    Responder* responder = server.handler().held("/live").responder();
    while (responder != nullptr && responder->Write(chunk)) {
    }
  };
  // The system may take what waits a moment later, and more: what it keeps for a connection grows.
  for (int fills = 0; !server.handler().Saw("cancel /live"); ++fills) {
    server.OnLoop(fill);
    ASSERT_TRUE(Eventually([&] {
      return server.handler().Saw("cancel /live") ||
             server.handler().CountOf("writable /live") > fills;
    }));
  }
}

TEST(HttpListener, DropsAClientThatTakesNothing) {
  ExpectDropsAClientThatTakesNothing(30'000'000);
  ExpectDropsAClientThatTakesNothing(4096);  // so short that each goes to the socket at once
}

TEST(HttpListener, AnswersBeyondItsConnectionsWith503) {
  HttpLimits limits;
  limits.connections_max = 2;
  TestServer server(limits);
  TestClient one(server.port());
  TestClient two(server.port());
  ASSERT_TRUE(Eventually([&] { return server.ConnectionCount() == 2; }));
  TestClient three(server.port());
  three.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = three.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(answer, HasSubstr("retry-after: 1\r\n"));
  EXPECT_FALSE(server.handler().Saw("handle /"));
  ServerStats stats;
  server.listener().counts().AddTo(stats);
  EXPECT_EQ(stats.connections_accepted, 3u);
  ASSERT_EQ(stats.answers.size(), 1u);
  EXPECT_EQ(stats.answers[0].method, std::nullopt);
  EXPECT_EQ(stats.answers[0].status, 503);
  three.Close();
  one.Close();
  ASSERT_TRUE(Eventually([&] { return server.ConnectionCount() == 1; }));
  TestClient four(server.port());
  four.Send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(four.ReadResponse(), StartsWith("HTTP/1.1 200 "));
}

// A process without another descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{1, before_.rlim_max};  // standard input is one; with 0, poll takes none
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(HttpListener, RestsWithoutDescriptorsAndThenTakesWhoHasWaited) {
  if (kIsSanitized) GTEST_SKIP() << "a sanitizer looks at memory through descriptors";
  ManualClock clock;
  Loop loop(&clock);
  ToyHandler handler;
  ConnectionLimit limit(10);
  ListenSocket socket = ListenAnywhere();
  const uint16_t port = socket.port();
  HttpListener listener(loop, std::move(socket), handler, HttpLimits(), limit);
  const auto turn = [&loop] {
    loop.Post([&loop] { loop.Stop(); });
    loop.Run();
  };
  TestClient first(port);
  {
    const NoDescriptors none;
    ASSERT_TRUE(Eventually([&] {
      turn();
      return loop.timers().NextMs().has_value();
    })) << "it does not rest";
    clock.AdvanceMs(110);
    turn();
    turn();
    EXPECT_TRUE(loop.timers().NextMs().has_value()) << "it was tried again";
  }
  TestClient second(port);
  clock.AdvanceMs(90);
  for (int i = 0; i < 10; ++i) turn();
  EXPECT_EQ(listener.connection_count(), 0u) << "there may be descriptors again, but it rests";
  clock.AdvanceMs(15);
  const auto takes = [&](size_t count) {
    return Eventually([&] {
      turn();
      return listener.connection_count() == count;
    });
  };
  EXPECT_TRUE(takes(2));
  TestClient third(port);
  EXPECT_TRUE(takes(3));
  const std::string told = "turned away " + std::to_string(static_cast<int>(TurnedAway::kNoFile));
  EXPECT_EQ(handler.CountOf(told), 2);
}

// The socket tells only once of all that wait, and those that are closed at once tell of nothing.
TEST(HttpListener, TakesAllWhoWaitThoughNotInOneTurn) {
  Loop loop;
  ToyHandler handler;
  ConnectionLimit nobody(0, 0);
  ListenSocket socket = ListenAnywhere();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<TestClient>(socket.port()));
  HttpListener listener(loop, std::move(socket), handler, HttpLimits(), nobody);
  loop.Post([&loop] { loop.Stop(); });
  loop.Run();
  EXPECT_FALSE(clients.back()->HasAnswer());
  std::thread thread([&loop] { loop.Run(); });
  EXPECT_TRUE(std::all_of(clients.begin(), clients.end(),
                          [](const auto& client) { return client->ReadAll().empty(); }));
  loop.Stop();
  thread.join();
}

// Of a client that does not read, and gets everything once it does.
void ExpectTheWriterIsToldOfRoom(size_t chunk_bytes) {
  TestServer server;
  TestClient client(server.port(), 4096);
  client.Send("GET /live HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /live"));
  const Bytes chunk = Bytes::Own(std::string(chunk_bytes, 'x'));
  size_t written = 0;
  const auto write_until_full = [&] {
    Responder& responder = *server.handler().held("/live").responder();
    do {
      written += chunk.size();
    } while (responder.Write(chunk) && written < (64u << 20));
  };
  // The socket's buffers take some; at last a turn of the loop makes no room any more.
  int rooms = 0;
  do {
    server.OnLoop(write_until_full);
    ++rooms;
    ASSERT_LT(written, 64u << 20);
    server.OnLoop([] {});
  } while (server.handler().CountOf("writable /live") == rooms);
  const std::string head = client.ReadUntil("\r\n\r\n");
  size_t got = 0;
  while (got < written) {
    client.ReadUntil("\r\n");
    const size_t bytes = client.ReadBytes(chunk.size()).size();
    ASSERT_EQ(bytes, chunk.size());
    got += bytes;
    client.ReadUntil("\r\n");
  }
  EXPECT_TRUE(server.handler().WaitFor("writable /live", rooms));
}

TEST(HttpListener, TellsTheWriterOfAClientThatDoesNotReadAndOfRoom) {
  ExpectTheWriterIsToldOfRoom(64 * 1024);
  ExpectTheWriterIsToldOfRoom(4096);  // so short that each goes to the socket at once
}

TEST(HttpListener, CancelsAWaitingReaderWhoseClientCloses) {
  for (const bool hard : {false, true}) {
    TestServer server;
    TestClient client(server.port());
    client.Send("GET /live HTTP/1.1\r\nHost: h\r\n\r\n");
    client.ReadUntil("\r\n\r\n");
    hard ? client.CloseHard() : client.Close();
    EXPECT_TRUE(server.handler().WaitFor("cancel /live"));
    EXPECT_TRUE(Eventually([&] { return server.ConnectionCount() == 0; }));
  }
}

TEST(HttpListener, CancelsALongPollWhoseClientClosesThoughARequestStandsBehindIt) {
  TestServer server;
  TestClient client(server.port());
  client.Send("GET /hold-live HTTP/1.1\r\nHost: h\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold-live"));
  client.Close();
  EXPECT_TRUE(server.handler().WaitFor("cancel /hold-live"));
  EXPECT_FALSE(server.handler().Saw("handle /x"));
}

TEST(HttpListener, AnswersAClientThatHasOnlyEndedItsSide) {
  TestServer server;
  TestClient client(server.port());
  client.Send("POST /hold HTTP/1.1\r\nHost: h\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  client.ShutdownWrite();
  ASSERT_TRUE(server.handler().WaitFor("handle /hold"));
  server.Release("/hold", "done");
  EXPECT_THAT(client.ReadResponse(), EndsWith("done"));
  EXPECT_THAT(client.ReadAll(), EndsWith("m0 /x? h "));
}

TEST(HttpListener, AnswersAReadThatTakesItsTimeThoughItsClientHasEndedItsSide) {
  TestServer server;
  TestClient client(server.port());
  client.Send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
  client.ShutdownWrite();
  ASSERT_TRUE(server.handler().WaitFor("handle /hold"));
  server.OnLoop([] {});  // the turn in which the client's end is seen
  ASSERT_FALSE(server.handler().Saw("cancel /hold"));
  server.Release("/hold", "done");
  EXPECT_THAT(client.ReadAll(), EndsWith("done"));
}

TEST(HttpListener, LetsAnAnswerEndAfterItsClientWhereNobodyListened) {
  TestServer server;
  {
    TestClient client(server.port());
    client.Send("POST /hold-deaf HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(server.handler().WaitFor("handle /hold-deaf"));
    client.CloseHard();
  }
  ASSERT_TRUE(Eventually([&] { return server.ConnectionCount() == 0; }));
  server.Release("/hold-deaf", "to nobody");
  TestClient next(server.port());
  next.Send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(next.ReadResponse(), EndsWith("m0 /x? h "));
}

TEST(HttpListener, BreaksTheConnectionOnAbortAndOnAShortBody) {
  TestServer server;
  for (const std::string path : {"/abort", "/short"}) {
    TestClient client(server.port());
    client.Send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(client.ReadAll(), EndsWith("<reset>")) << path;
  }
}

TEST(HttpListener, SendsPartsOfFilesBetweenBytes) {
  TestServer server;
  char name[] = "/tmp/thalweg-net-test-XXXXXX";
  const int fd = ::mkstemp(name);
  ASSERT_GE(fd, 0);
  ::unlink(name);
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += std::to_string(i) + ",";
  ASSERT_EQ(::write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  TestClient client(server.port());
  client.Send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold"));
  server.OnLoop([&] {
    Responder& responder = *server.handler().held("/hold").responder();
    responder.Start(200, {}, content.size() - 10 + 6);
    responder.Write(Bytes::Static("abc"));
    responder.WriteFile({std::make_shared<int>(), fd, 10, content.size() - 10});
    responder.Write(Bytes::Static("def"));
    responder.Finish();
  });
  const std::string answer = client.ReadResponse();
  EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), "abc" + content.substr(10) + "def");
  ::close(fd);
}

TEST(HttpListener, DrainsIdleConnectionsAtOnceAndBusyOnesWithTheirAnswer) {
  TestServer server;
  TestClient idle(server.port());
  idle.Send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  idle.ReadResponse();
  TestClient busy(server.port());
  busy.Send("POST /hold1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /hold2 HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold2"));
  server.OnLoop([&] { server.listener().Drain([&] { server.handler().Log("drained"); }); });
  EXPECT_EQ(idle.ReadAll(), "");
  EXPECT_FALSE(server.handler().Saw("drained"));
  server.Release("/hold1", "one");
  EXPECT_THAT(busy.ReadResponse(), Not(HasSubstr("Connection: close")));
  server.Release("/hold2", "two");
  const std::string last = busy.ReadAll();
  EXPECT_THAT(last, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(last, EndsWith("two"));
  busy.Close();
  EXPECT_TRUE(server.handler().WaitFor("drained"));
}

// More of them than one turn accepts.
TEST(HttpListener, AnswersAllWhoWaitToBeAcceptedWhenItDrains) {
  Loop loop;
  ToyHandler handler;
  ConnectionLimit limit(1'000);
  ListenSocket socket = ListenAnywhere();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<TestClient>(socket.port()));
    clients.back()->Send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  HttpListener listener(loop, std::move(socket), handler, HttpLimits(), limit);
  loop.Post([&] { listener.Drain([&loop] { loop.Stop(); }); });
  std::thread thread([&loop] { loop.Run(); });
  int answered = 0;
  for (const auto& client : clients) {
    const std::string answer = client->ReadAll();
    if (answer.ends_with("Connection: close\r\n\r\nm0 /x? h ")) ++answered;
    client->Close();
  }
  thread.join();
  EXPECT_EQ(answered, 200);
}

TEST(HttpListener, CancelsWhatIsOpenWhenItIsDestroyed) {
  Loop loop;
  ToyHandler handler;
  ListenSocket socket = ListenAnywhere();
  const uint16_t port = socket.port();
  ConnectionLimit one(1);
  auto listener =
      std::make_unique<HttpListener>(loop, std::move(socket), handler, HttpLimits(), one);
  std::thread thread([&] { loop.Run(); });
  TestClient client(port);
  client.Send("GET /live HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(handler.WaitFor("handle /live"));
  loop.Stop();
  thread.join();
  listener.reset();
  EXPECT_TRUE(handler.Saw("cancel /live"));
}

}  // namespace
}  // namespace thalweg
