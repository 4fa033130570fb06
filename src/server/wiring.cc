#include "server/wiring.h"

#include <sys/socket.h>

#include <thread>
#include <utility>

#include "net/http_listener.h"
#include "net/loop.h"
#include "server/exit_codes.h"
#include "server/health.h"
#include "thalweg/router.h"

namespace thalweg {
namespace {

constexpr size_t kCompressionThreads = 2;

std::string InUse(const std::string& host, uint16_t port) {
  return AuthorityOf(host, port) +
         " is in use; stop who listens there, or choose another with --port (0: any free one)";
}

// One lane's share of the limit, rounded up so that none is left without.
NetOptions LaneOptions(const ServeConfig& config) {
  NetOptions options = config.net;
  options.connections_max = (options.connections_max + config.threads - 1) / config.threads;
  return options;
}

}  // namespace

// One thread with all that runs on it. Members end in reverse order: the loop outlives the rest.
class Server::Lane {
 public:
  Lane(Engine& engine, Executor& workers, const Clock& clock, const std::atomic<bool>& ready,
       ListenSocket socket, const ServeConfig& config)
      : router_(engine, loop_, &workers, clock, config.router),
        handler_(router_, ready),
        listener_(loop_, std::move(socket), handler_, LaneOptions(config)) {}

  ~Lane() { Stop(); }

  Loop& loop() { return loop_; }

  void Start() {
    thread_ = std::thread([this] { loop_.Run(); });
  }

  // From here on nothing of the lane runs any more.
  void Stop() {
    if (!thread_.joinable()) return;
    loop_.Stop();
    thread_.join();
  }

  // THREAD: the loop's.
  void Drain(std::function<void()> drained) {
    listener_.Drain(std::move(drained));
    router_.Shutdown();
  }

 private:
  Loop loop_;
  Router router_;
  HealthHandler handler_;
  HttpListener listener_;
  std::thread thread_;
};

std::expected<std::unique_ptr<Server>, Server::Error> Server::Start(const ServeConfig& config,
                                                                    spdlog::logger& logger) {
  auto server = std::make_unique<Server>(config);
  if (auto home = server->OpenHome(config.disk, logger); !home) {
    return std::unexpected(home.error());
  }
  if (auto bound = server->Bind(config); !bound) return std::unexpected(bound.error());
  server->Run();
  return server;
}

Server::Server(const ServeConfig& config) : host_(config.net.host), workers_(kCompressionThreads) {}

Server::~Server() {
  for (auto& lane : lanes_) lane->Stop();
  workers_.Stop();  // its tasks use what the lanes own
  lanes_.clear();
}

std::string Server::url() const { return "http://" + AuthorityOf(host_, port_); }

void Server::Drain(std::function<void()> drained) {
  ready_ = false;
  drained_ = std::move(drained);
  lanes_open_ = lanes_.size();
  for (auto& lane : lanes_) {
    lane->loop().Post([this, &lane = *lane] {
      lane.Drain([this] {
        if (--lanes_open_ == 0) drained_();
      });
    });
  }
}

std::expected<void, Server::Error> Server::OpenHome(const DiskConfig& config,
                                                    spdlog::logger& logger) {
  if (config.data_dir.empty()) {
    home_ = StreamHome::InMemory(clock_);
    return {};
  }
  auto home = StreamHome::OnDisk(config, clock_, logger);
  if (!home) return std::unexpected(home.error());
  home_ = std::move(*home);
  return {};
}

std::expected<void, Server::Error> Server::Bind(const ServeConfig& config) {
  auto first = ListenSocket::Bind(host_, config.net.port);
  if (!first && first.error().port_in_use) {
    return std::unexpected(Error{kExitPortInUse, InUse(host_, config.net.port)});
  }
  if (!first) return std::unexpected(Error{kExitCannotStart, first.error().message});
  port_ = first->port();
  std::vector<ListenSocket> sockets;
  for (size_t i = 1; i < config.threads; ++i) {
    auto socket = first->Share();
    if (!socket) return std::unexpected(Error{kExitCannotStart, socket.error().message});
    sockets.push_back(std::move(*socket));
  }
  sockets.push_back(std::move(*first));
  for (ListenSocket& socket : sockets) {
    lanes_.push_back(std::make_unique<Lane>(home_->engine(), workers_, clock_, ready_,
                                            std::move(socket), config));
  }
  return {};
}

void Server::Run() {
  for (auto& lane : lanes_) lane->Start();
}

std::string AuthorityOf(const std::string& host, uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace thalweg
