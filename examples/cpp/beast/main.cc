// A Boost.Beast server with streams under a path of its own, beside other routes.
//
//   beast [--port N] [--data-dir DIR] [--mount PATH] [--long-poll-timeout MS]
//
// By default any free port, streams in memory, under /api/streams. One thread serves. For more of
// them, each has an io_context, an acceptor with SO_REUSEPORT and a Router; all share the Store.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asio_executor.h"
#include "session.h"
#include "thalweg/router.h"
#include "thalweg/store.h"

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

namespace {

constexpr auto kStopMax = std::chrono::seconds(5);

struct Options {
  uint16_t port = 0;
  std::string data_dir;  // empty: in memory
  thalweg::RouterOptions router;
};

template <typename Number>
bool ParseNumber(std::string_view text, Number& number) {
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

std::optional<Options> ParseOptions(int argc, char** argv) {
  Options options;
  options.router.base_path = "/api/streams";
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    if (name == "--port" && ParseNumber(value, options.port)) continue;
    if (name == "--long-poll-timeout" && ParseNumber(value, options.router.long_poll_timeout_ms)) {
      continue;
    }
    if (name == "--data-dir") {
      options.data_dir = value;
    } else if (name == "--mount") {
      options.router.base_path = value;
    } else {
      return std::nullopt;
    }
  }
  if (argc % 2 == 0) return std::nullopt;
  return options;
}

std::expected<std::unique_ptr<thalweg::Store>, thalweg::OpenError> OpenStore(
    const std::string& data_dir) {
  if (data_dir.empty()) return thalweg::Store::InMemory();
  return thalweg::Store::Open(data_dir);
}

class BeastServer {
 public:
  BeastServer(thalweg::Store& store, const Options& options)
      : executor_(io_),
        router_(std::in_place, store, executor_, options.router),
        mount_(options.router.base_path),
        acceptor_(io_),
        signals_(io_, SIGTERM, SIGINT),
        stop_deadline_(io_) {}

  // Whoever still waits is cancelled before the router goes.
  ~BeastServer() {
    ForEachSession([](Session& session) { session.Close(); });
    router_.reset();
    ForEachSession([](Session& session) { session.Abandon(); });
  }

  bool Listen(uint16_t port) {
    const Tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(Tcp::acceptor::max_listen_connections, error);
    if (error) std::fprintf(stderr, "cannot listen: %s\n", error.message().c_str());
    return !error;
  }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }

  // Serves until SIGTERM or SIGINT, then until all is answered.
  void Run() {
    signals_.async_wait([this](boost::system::error_code error, int) {
      if (!error) Stop();
    });
    Accept();
    io_.run();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](boost::system::error_code error, Tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) Welcome(std::move(socket));
      Accept();
    });
  }

  void Welcome(Tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    std::erase_if(sessions_, [](const auto& session) { return session.expired(); });
    const auto session = std::make_shared<Session>(std::move(socket), handler_);
    sessions_.push_back(session);
    session->Start();
  }

  // Routes: streams, and others beside them.
  void Handle(const thalweg::Request& request, thalweg::Responder& responder) {
    if (IsForStreams(request.path)) return router_->Handle(request, responder);
    if (request.path == "/health") return Respond(responder, 200, "ok\n");
    Respond(responder, 404, "nothing is here\n");
  }

  bool IsForStreams(std::string_view path) const {
    return path.starts_with(mount_) && (path.size() == mount_.size() || path[mount_.size()] == '/');
  }

  static void Respond(thalweg::Responder& responder, int status, std::string_view text) {
    thalweg::HeaderList headers;
    headers.Add("Content-Type", "text/plain");
    responder.Respond(status, headers, thalweg::Bytes::Static(text));
  }

  // Answers what waits, lets go of who has his answer, and ends once nobody is left.
  void Stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    router_->Shutdown();
    ForEachSession([](Session& session) { session.Drain(); });
    stop_deadline_.expires_after(kStopMax);
    stop_deadline_.async_wait([this](auto) { io_.stop(); });
    EndOnceAlone();
  }

  void EndOnceAlone() {
    std::erase_if(sessions_, [](const auto& session) { return session.expired(); });
    if (sessions_.empty()) return io_.stop();
    executor_.PostAfter(10, [this] { EndOnceAlone(); });
  }

  template <typename Action>
  void ForEachSession(Action action) {
    for (const auto& session : sessions_) {
      if (const auto open = session.lock()) action(*open);
    }
  }

  asio::io_context io_{1};
  AsioExecutor executor_;
  std::optional<thalweg::Router> router_;
  const std::string mount_;
  const Session::Handler handler_ = [this](const auto& request, auto& responder) {
    Handle(request, responder);
  };
  Tcp::acceptor acceptor_;
  asio::signal_set signals_;
  asio::steady_timer stop_deadline_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto options = ParseOptions(argc, argv);
  if (!options) {
    std::fprintf(stderr,
                 "usage: beast [--port N] [--data-dir DIR] [--mount PATH] "
                 "[--long-poll-timeout MS]\n");
    return 2;
  }
  const auto store = OpenStore(options->data_dir);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  BeastServer server(**store, *options);
  if (!server.Listen(options->port)) return 1;
  std::printf("listening on http://127.0.0.1:%u\n", unsigned{server.port()});
  std::fflush(stdout);
  server.Run();
}
