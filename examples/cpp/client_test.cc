// A test of a client of one's own: it must get through what goes wrong on the way, and never write
// twice. The client is a small one over Boost.Beast; yours takes its place.
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <string>
#include <string_view>

#include "thalweg/fault_injection.h"
#include "thalweg/server.h"

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

// Appends to one stream, each message once: the stream knows what it has by the producer's numbers.
class AppendClient {
 public:
  AppendClient(uint16_t port, std::string path) : port_(port), path_(std::move(path)) {}

  // The number of requests that it took, or 0 where it gave up.
  int Append(const std::string& message) {
    constexpr int kAttemptsMax = 5;
    for (int attempt = 1; attempt <= kAttemptsMax; ++attempt) {
      const int status = Send(message);
      if (status != 200 && status != 204) continue;  // 0: no answer came
      ++seq_;
      return attempt;
    }
    return 0;
  }

 private:
  int Send(const std::string& message) const {
    http::request<http::string_body> request(http::verb::post, path_, 11);
    request.set(http::field::host, "127.0.0.1");
    request.set(http::field::content_type, "text/plain");
    request.set("Producer-Id", "example");
    request.set("Producer-Epoch", "0");
    request.set("Producer-Seq", std::to_string(seq_));
    request.body() = message;
    request.prepare_payload();

    boost::system::error_code error;
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), port_}, error);
    if (!error) http::write(socket, request, error);
    if (error) return 0;
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(socket, buffer, response, error);
    return error ? 0 : response.result_int();
  }

  const uint16_t port_;
  const std::string path_;
  int seq_ = 0;
};

bool Expect(bool holds, const char* what) {
  std::printf("%s: %s\n", holds ? "ok" : "FAILED", what);
  return holds;
}

// Nothing of what goes wrong here is seen by who calls the client.
bool GetsThroughFaults(thalweg::FaultInjection& faults, thalweg::Server& server) {
  const std::string path = "/v1/stream/orders";
  AppendClient client(server.port(), path);
  bool all = true;
  all &= Expect(client.Append("one,") == 1, "an append without a fault");
  all &= Expect(!faults.InjectError(path, 503, 2), "two answers will be 503");
  all &= Expect(client.Append("two,") == 3, "the third attempt gets through");
  thalweg::Fault dropped;
  dropped.drop_connection = true;
  all &= Expect(!faults.Inject(path, dropped), "a connection will be dropped");
  all &= Expect(client.Append("three,") == 2, "the second attempt gets through");
  const auto read = server.store().Read("orders");
  all &= Expect(read.has_value(), "the stream can be read");
  std::string text;
  if (read) text = thalweg::Store::FormatResponse("text/plain", read->messages).view();
  return all & Expect(text == "one,two,three,", "each message is there once");
}

}  // namespace

int main() {
  thalweg::FaultInjection faults;
  const auto server = thalweg::Server::Start({.port = 0, .faults = &faults});
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  const auto created = (*server)->store().Create("orders", {.content_type = "text/plain"});
  if (!created) {
    std::fprintf(stderr, "%s\n", created.error().message.c_str());
    return 1;
  }
  return GetsThroughFaults(faults, **server) ? 0 : 1;
}
