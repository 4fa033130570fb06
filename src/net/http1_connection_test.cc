#include "net/http1_connection.h"

// Requests and answers over real sockets: order, framing, refusals, pipelining.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/malformed_requests.h"
#include "net/net_test_support.h"

namespace thalweg {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

int CountOf(std::string_view text, std::string_view part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

void ExpectOneRejection(const std::string& answer, const MalformedRequest& malformed) {
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(malformed.status) + " "))
      << malformed.why;
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 "),
            1 + (malformed.status == 505 ? CountOf(answer, "HTTP/1.1 and") : 0))
      << malformed.why;
  EXPECT_THAT(answer, HasSubstr("content-type: application/problem+json\r\n")) << malformed.why;
  EXPECT_THAT(answer, HasSubstr("\r\nx-common: yes\r\n")) << malformed.why;
  EXPECT_THAT(answer, HasSubstr("connection: close\r\n")) << malformed.why;
  EXPECT_THAT(answer, EndsWith("\"}")) << malformed.why;  // whole, and closed without a reset
}

TEST(Http1Connection, AnswersMalformedRequestsOnceAndReadsNothingBehindThem) {
  TestServer server;
  for (const MalformedRequest& malformed : kMalformedRequests) {
    std::string bytes(malformed.bytes);
    bytes += kSecondRequest;
    TestClient whole(server.port());
    whole.Send(bytes);
    const std::string answer = whole.ReadAll();
    ExpectOneRejection(answer, malformed);
    TestClient split(server.port());
    split.SendByteByByte(bytes);
    ExpectOneRejection(split.ReadAll(), malformed);
  }
  EXPECT_FALSE(server.handler().Saw("handle /second"));
}

const std::string_view kRequests[] = {
    "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n",
    "HEAD /head HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
    "POST /q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "PUT /r HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nxyz",
    "DELETE /s HTTP/1.1\r\nHost: h\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET http://other/t HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /204 HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /304 HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /keep HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
};

// The answer alone; a 100 that came first (it depends on timing) is left out.
std::string ReadAnswer(TestClient& client, std::string_view request) {
  std::string answer;
  if (request.starts_with("HEAD")) {
    answer = client.ReadUntil("\r\n\r\n");
    const size_t date = answer.find("Date: ");
    return answer.erase(date, answer.find("\r\n", date) + 2 - date);
  }
  do {
    answer = client.ReadResponse();
  } while (answer.starts_with("HTTP/1.1 100 "));
  return answer;
}

TEST(Http1Connection, AnswersEveryPipelinedPairAsItAnswersEach) {
  TestServer server;
  std::vector<std::string> alone;
  for (std::string_view request : kRequests) {
    TestClient client(server.port());
    client.Send(request);
    alone.push_back(ReadAnswer(client, request));
    EXPECT_THAT(alone.back(), StartsWith("HTTP/1.1 "));
  }
  for (size_t i = 0; i < std::size(kRequests); ++i) {
    for (size_t j = 0; j < std::size(kRequests); ++j) {
      TestClient client(server.port());
      client.Send(std::string(kRequests[i]) + std::string(kRequests[j]));
      EXPECT_EQ(ReadAnswer(client, kRequests[i]), alone[i]);
      EXPECT_EQ(ReadAnswer(client, kRequests[j]), alone[j]);
    }
  }
}

TEST(Http1Connection, AnswersARequestCutAtEveryByteAsItAnswersTheWhole) {
  TestServer server;
  TestClient client(server.port());
  for (std::string_view request : kRequests) {
    client.Send(request);
    const std::string whole = ReadAnswer(client, request);
    client.SendByteByByte(request);
    EXPECT_EQ(ReadAnswer(client, request), whole);
    for (size_t cut = 1; cut < request.size(); ++cut) {
      client.Send(request.substr(0, cut));
      server.OnLoop([] {});  // a turn of the loop, so that the first part is read by itself
      client.Send(request.substr(cut));
      EXPECT_EQ(ReadAnswer(client, request), whole) << cut;
    }
  }
}

TEST(Http1Connection, FramesResponses) {
  TestServer server;
  TestClient client(server.port());
  client.Send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.ReadResponse(),
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nx-path: /x\r\n\r\nm0 /x? h ")
      << "its length before all else, for who takes a head that was cut for whole";
  client.Send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("Content-Length: 9\r\n"));
  client.Send("GET /204 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.ReadResponse(), "HTTP/1.1 204 No Content\r\nx-path: /204\r\n\r\n");
  client.Send("GET /304 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.ReadResponse(), "HTTP/1.1 304 Not Modified\r\nx-path: /304\r\n\r\n");
  client.Send("GET /chunked HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(client.ReadUntil("0\r\n\r\n"), "5\r\nm0 /c\r\na\r\nhunked? h \r\n0\r\n\r\n");
}

TEST(Http1Connection, DatesItsAnswers) {
  TestServer server;
  TestClient client(server.port());
  client.Send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"),
              ::testing::ContainsRegex("Date: [A-Z][a-z][a-z], [0-3][0-9] [A-Z][a-z][a-z] "
                                       "20[0-9][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT\r\n"));
}

TEST(Http1Connection, ClosesAfterHttp10AndAfterConnectionClose) {
  TestServer server;
  TestClient old(server.port());
  old.Send("GET /chunked HTTP/1.0\r\n\r\nGET /second HTTP/1.0\r\n\r\n");
  const std::string answer = old.ReadAll();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nm0 /chunked?  "));
  TestClient modern(server.port());
  modern.Send("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  modern.Send(kSecondRequest);
  EXPECT_THAT(modern.ReadAll(), EndsWith("Connection: close\r\n\r\nm0 /x? h "));
  EXPECT_FALSE(server.handler().Saw("handle /second"));
  TestClient kept(server.port());
  kept.Send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(kept.ReadResponse(), HasSubstr("Connection: keep-alive\r\n"));
}

TEST(Http1Connection, AnswersAppendsInOrderWhateverEndsFirst) {
  TestServer server;
  TestClient client(server.port());
  client.Send(
      "POST /hold1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /hold2 HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /hold3 HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold3"));  // all three are decided at once
  server.Release("/hold3", "three");
  server.Release("/hold2", "two");
  server.Release("/hold1", "one");
  EXPECT_THAT(client.ReadResponse(), EndsWith("one"));
  EXPECT_THAT(client.ReadResponse(), EndsWith("two"));
  EXPECT_THAT(client.ReadResponse(), EndsWith("three"));
}

TEST(Http1Connection, HoldsBackWhatIsBehindAnAppendThatIsHandledLater) {
  TestServer server;
  TestClient client(server.port());
  client.Send(
      "POST /hold HTTP/1.1\r\nHost: h\r\n\r\nPOST /hold-next HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /third HTTP/1.1\r\nHost: h\r\n\r\nPOST /hold4 HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold-next"));
  client.Send("POST /fifth HTTP/1.1\r\nHost: h\r\n\r\n");
  TestClient other(server.port());
  other.Send("POST /other HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(other.ReadResponse(), HasSubstr("/other")) << "other connections go on";
  server.Release("/hold", "one");
  EXPECT_THAT(client.ReadResponse(), EndsWith("one"));
  EXPECT_FALSE(server.handler().Saw("handle /third"));
  server.OnLoop([&] { server.handler().held("/hold-next").responder()->HoldNext(false); });
  ASSERT_TRUE(server.handler().WaitFor("handle /fifth")) << "before the answer is there";
  server.Release("/hold4", "four");
  server.Release("/hold-next", "two");
  EXPECT_THAT(client.ReadResponse(), EndsWith("two"));
  EXPECT_THAT(client.ReadResponse(), HasSubstr("/third"));
  EXPECT_THAT(client.ReadResponse(), EndsWith("four"));
  EXPECT_THAT(client.ReadResponse(), HasSubstr("/fifth"));
}

TEST(Http1Connection, HoldsBackWhatIsBehindNoLongerThanUntilTheAnswer) {
  TestServer server;
  TestClient client(server.port());
  client.Send(
      "POST /hold HTTP/1.1\r\nHost: h\r\n\r\nPOST /hold-next HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /third HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold-next"));
  server.Release("/hold-next", "two");
  EXPECT_TRUE(server.handler().WaitFor("handle /third")) << "though an earlier one has none yet";
  server.Release("/hold", "one");
  EXPECT_THAT(client.ReadResponse(), EndsWith("one"));
}

TEST(Http1Connection, MayEndWhileItHoldsBackWhatIsBehind) {
  TestServer server;
  TestClient client(server.port());
  client.Send(
      "POST /hold-next HTTP/1.1\r\nHost: h\r\n\r\nPOST /second HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold-next"));
  client.CloseHard();
  EXPECT_TRUE(server.handler().WaitFor("cancel /hold-next"));
  EXPECT_EQ(server.ConnectionCount(), 0u);
  EXPECT_FALSE(server.handler().Saw("handle /second"));
}

TEST(Http1Connection, LetsWhatIsNoAppendWaitForEarlierAnswers) {
  for (const std::string method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
    TestServer server;
    TestClient client(server.port());
    client.Send("POST /hold HTTP/1.1\r\nHost: h\r\n\r\n" + method +
                " /behind HTTP/1.1\r\nHost: h\r\n\r\nPOST /last HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(server.handler().WaitFor("handle /hold"));
    server.OnLoop([] {});
    EXPECT_FALSE(server.handler().Saw("handle /behind")) << method;
    server.Release("/hold", "done");
    EXPECT_THAT(client.ReadResponse(), EndsWith("done"));
    EXPECT_TRUE(server.handler().WaitFor("handle /last")) << method;
  }
}

TEST(Http1Connection, LetsAppendsBehindAReadWait) {
  TestServer server;
  TestClient client(server.port());
  client.Send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\nPOST /behind HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold"));
  server.OnLoop([] {});
  EXPECT_FALSE(server.handler().Saw("handle /behind"));
  server.Release("/hold", "done");
  EXPECT_TRUE(server.handler().WaitFor("handle /behind"));
}

TEST(Http1Connection, KeepsNoMoreThanPipelinedMaxAppendsWaiting) {
  HttpLimits limits;
  limits.pipelined_max = 2;
  TestServer server(limits);
  TestClient client(server.port());
  for (const std::string path : {"/hold1", "/hold2", "/hold3"}) {
    client.Send("POST " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  ASSERT_TRUE(server.handler().WaitFor("handle /hold2"));
  server.OnLoop([] {});
  EXPECT_FALSE(server.handler().Saw("handle /hold3"));
  server.Release("/hold1", "one");
  EXPECT_TRUE(server.handler().WaitFor("handle /hold3"));
}

TEST(Http1Connection, SendsTheRefusalBehindTheAnswersBeforeIt) {
  TestServer server;
  TestClient client(server.port());
  client.Send("POST /hold HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold"));
  server.Release("/hold", "done");
  EXPECT_THAT(client.ReadResponse(), EndsWith("done"));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
}

TEST(Http1Connection, AsksForABodyOnlyWhenItWantsIt) {
  TestServer server;
  TestClient client(server.port());
  client.Send("PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hello");
  EXPECT_THAT(client.ReadResponse(), EndsWith("m2 /x? h hello"));
  client.Send(
      "PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
}

TEST(Http1Connection, AsksForABodyBehindTheAnswersBeforeIt) {
  TestServer server;
  TestClient client(server.port());
  client.Send(
      "POST /hold HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(server.handler().WaitFor("handle /hold"));
  server.Release("/hold", "done");
  EXPECT_THAT(client.ReadResponse(), EndsWith("done"));
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ab");
  EXPECT_THAT(client.ReadResponse(), EndsWith("m3 /x? h ab"));
}

TEST(Http1Connection, TakesABodyOfManyReads) {
  TestServer server;
  TestClient client(server.port());
  const std::string body(3'000'000, 'b');
  client.Send("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
  client.Send(body);
  const std::string answer = client.ReadResponse();
  EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), "m3 /big? h " + body);
}

TEST(Http1Connection, AnswersARefusedUploadSoThatTheClientSeesIt) {
  HttpLimits limits;
  limits.body_bytes_max = 1000;
  TestServer server(limits);
  for (const size_t bytes : {1'000'000, 20'000'000}) {
    TestClient client(server.port());
    client.Send("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(bytes) +
                "\r\n\r\n");
    EXPECT_TRUE(client.Send(std::string(bytes, 'b'))) << bytes;
    const std::string answer = client.ReadAll();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 ")) << bytes;
    EXPECT_THAT(answer, EndsWith("\"}")) << bytes;
  }
}

TEST(Http1Connection, AnswersAHeadRefusalWithoutABody) {
  TestServer server;
  TestClient client(server.port());
  client.Send("HEAD / HTTP/1.1\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

}  // namespace
}  // namespace thalweg
