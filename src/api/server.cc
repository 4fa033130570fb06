// Crosses threads: made, stopped and destroyed by its owner, one call at a time; each lane has a
// thread of its own (lane.h), which tells when it has drained. Stats comes from any.
#include "thalweg/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "api/lane.h"
#include "api/teller.h"
#include "api/turned_away.h"
#include "base/durations.h"
#include "base/processors.h"
#include "base/worker_pool.h"
#include "net/connection_limit.h"

namespace thalweg {
namespace {

constexpr size_t kCompressionThreads = 2;
constexpr size_t kStoreFiles = 512;  // segments, also such as are still being sent, log, catalog
constexpr size_t kLaneFiles = 5;     // its loop's, log's and socket's; one that is being accepted
constexpr int64_t kStopMsMax = int64_t{24} * 3600 * 1000;  // what a wait can count without overflow

// host:port as in a URL.
std::string AuthorityOf(const std::string& host, uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::unexpected<ServerError> CannotListen(const ServerOptions& options,
                                          const ListenSocket::Error& error) {
  if (!error.port_in_use) {
    return std::unexpected(
        ServerError{.code = ServerError::Code::kCannotListen, .message = error.message});
  }
  return std::unexpected(ServerError{
      .code = ServerError::Code::kPortInUse,
      .message = AuthorityOf(options.host, options.port) +
                 " is in use; stop who listens there, or choose another port (0: any free one)"});
}

std::unexpected<ServerError> NoLoop(const std::string& reason) {
  return std::unexpected(
      ServerError{.code = ServerError::Code::kCannotListen,
                  .message = reason + "; raise the limit of open files (ulimit -n, LimitNOFILE=)"});
}

// Of so many files, how many connections may have that are only told that there is no room.
size_t RefusedOf(size_t files) { return std::min(ConnectionLimit::kRefusedMax, files / 8); }

// And how many are kept for the store, the lanes and these.
size_t KeptOf(size_t files, size_t lanes) {
  return kStoreFiles + lanes * kLaneFiles + RefusedOf(files);
}

// At least half of the files are for connections: with fewer than so many the rest is not enough.
size_t FilesNeeded(size_t lanes) {
  size_t files = 2 * KeptOf(0, lanes);
  while (files / 2 < KeptOf(files, lanes)) ++files;
  return files;
}

// What the process's limit of open files leaves to connections.
struct Room {
  size_t served = SIZE_MAX;
  size_t refused = ConnectionLimit::kRefusedMax;
  bool is_short = false;  // with so many of them the store does not have all that it may need
};

Room RoomForConnections(size_t lanes) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  const size_t files = limit.rlim_cur;
  const size_t kept = KeptOf(files, lanes);
  return {.served = std::max<size_t>(files - std::min(kept, files / 2), 1),
          .refused = RefusedOf(files),
          .is_short = files / 2 < kept};
}

// It starts all the same: a small store and a few clients need much less.
void TellShortage(size_t served, size_t lanes, const Teller& teller) {
  teller.Say(LogLevel::kWarning,
             "the limit of open files is low: {} connections are taken at most, and with many "
             "streams appends may be answered 507; raise it to {} or more (ulimit -n, "
             "LimitNOFILE=)",
             served, FilesNeeded(lanes));
}

// Connections leave a descriptor to the store when it needs one: without, it could not go on.
std::unique_ptr<ConnectionLimit> LimitConnections(size_t wanted, size_t lanes, bool is_on_disk,
                                                  const Teller& teller) {
  const Room room = RoomForConnections(lanes);
  const size_t served = std::min(room.served, wanted);
  if (is_on_disk && room.is_short) {
    TellShortage(served, lanes, teller);
  } else if (served < wanted) {
    teller.Say(LogLevel::kInfo,
               "takes {} connections at most and not {}: more need a higher limit of open files "
               "(ulimit -n, LimitNOFILE=)",
               served, wanted);
  }
  return std::make_unique<ConnectionLimit>(served, room.refused);
}

// One lane's part of what each counts for itself, in numbers that make sense.
HttpLimits ShareOf(HttpLimits limits, size_t lanes) {
  limits.bodies_bytes_max = std::max(limits.bodies_bytes_max / lanes, limits.body_bytes_max);
  limits.pipelined_max = std::max<size_t>(limits.pipelined_max, 1);
  for (int64_t* const timeout : {&limits.header_timeout_ms, &limits.body_timeout_ms,
                                 &limits.idle_timeout_ms, &limits.write_timeout_ms}) {
    *timeout = std::clamp<int64_t>(*timeout, 1, kYearMs);
  }
  return limits;
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Store* store) : options_(std::move(options)), store_(store) {}
  ~Impl() { Stop(0); }

  // Over `store`; null: over one of its own.
  static std::expected<std::unique_ptr<Server>, ServerError> Start(ServerOptions options,
                                                                   Store* store) {
    auto impl = std::make_unique<Impl>(std::move(options), store);
    auto done = impl->Bind();
    if (done && store == nullptr) done = impl->OpenStore();
    if (done) done = impl->Serve();
    if (!done) return std::unexpected(std::move(done.error()));
    return std::unique_ptr<Server>(new Server(std::move(impl)));
  }

  std::expected<void, ServerError> OpenStore() {
    if (options_.data_dir.empty()) {
      own_store_ = Store::InMemory(options_.store);
    } else {
      auto opened = Store::Open(options_.data_dir, options_.store);
      if (!opened) {
        return std::unexpected(ServerError{.code = ServerError::Code::kStore,
                                           .open = opened.error().code,
                                           .message = std::move(opened.error().message)});
      }
      own_store_ = std::move(*opened);
    }
    store_ = own_store_.get();
    return {};
  }

  // What the address refuses is known before a store is recovered for it; clients are let in after.
  std::expected<void, ServerError> Bind() {
    auto bound = ListenSocket::Bind(options_.host, options_.port);
    if (!bound) return CannotListen(options_, bound.error());
    port_ = bound->port();
    bound_ = std::move(*bound);
    return {};
  }

  // REQUIRES: bound, and there is a store.
  std::expected<void, ServerError> Serve() {
    auto sockets = Listen();
    if (!sockets) return std::unexpected(std::move(sockets.error()));
    const size_t lanes = sockets->size();
    connection_limit_ =
        LimitConnections(options_.limits.connections_max, lanes, store_->Stats().disk.has_value(),
                         Teller(options_.store.logger));
    turned_away_.emplace(options_.store.logger, store_->clock(), options_.limits);
    const HttpLimits share = ShareOf(options_.limits, lanes);
    request_bytes_max_ = share.bodies_bytes_max * lanes;
    const Lane::Shared shared{*store_, workers_,           options_,
                              share,   *connection_limit_, *turned_away_};
    std::vector<std::unique_ptr<Lane>> made;
    for (ListenSocket& socket : *sockets) {
      auto loop = Loop::Make();
      if (!loop) return NoLoop(loop.error());
      made.push_back(std::make_unique<Lane>(shared, std::move(*loop), std::move(socket)));
    }
    lanes_ = std::move(made);  // nobody asks for Stats before the server is there
    for (const auto& lane : lanes_) lane->Start();
    return {};
  }

  bool Stop(int64_t deadline_ms) {
    if (lanes_.empty()) return drained_;
    drained_ = Drain(std::clamp<int64_t>(deadline_ms, 0, kStopMsMax));
    for (const auto& lane : lanes_) lane->Stop();
    workers_.Stop();  // its tasks use what the lanes own
    std::vector<std::unique_ptr<Lane>> ended;
    {
      const std::lock_guard lock(stats_mutex_);
      for (const auto& lane : lanes_) lane->AddTo(ended_);
      ended_.request_bytes = 0;
      ended_.readers = {};
      ended.swap(lanes_);
    }
    return drained_;
  }

  ServerStats Stats() const {
    const std::lock_guard lock(stats_mutex_);
    ServerStats stats = ended_;
    for (const auto& lane : lanes_) lane->AddTo(stats);
    stats.loops = lanes_.size();
    stats.connections = lanes_.empty() ? 0 : connection_limit_->served();
    stats.connections_max = connection_limit_->served_max();
    stats.connections_refused = turned_away_->count(TurnedAway::kConnection);
    stats.accepts_failed = turned_away_->count(TurnedAway::kNoFile);
    stats.requests_refused = turned_away_->count(TurnedAway::kRequest);
    stats.request_bytes_max = request_bytes_max_;
    return stats;
  }

  std::string url() const { return "http://" + AuthorityOf(options_.host, port_); }
  uint16_t port() const { return port_; }
  Store& store() { return *store_; }

 private:
  // A socket for each lane, all on one port.
  std::expected<std::vector<ListenSocket>, ServerError> Listen() {
    if (auto heard = bound_->Listen(); !heard) return CannotListen(options_, heard.error());
    std::vector<ListenSocket> sockets;
    sockets.push_back(*std::exchange(bound_, std::nullopt));
    while (sockets.size() < CountOfLoops(options_.threads)) {
      auto socket = sockets.front().Share();
      if (!socket) return CannotListen(options_, socket.error());
      sockets.push_back(std::move(*socket));
    }
    return sockets;
  }

  // True: no connection is left.
  bool Drain(int64_t deadline_ms) {
    std::unique_lock lock(mutex_);
    lanes_open_ = lanes_.size();
    for (const auto& lane : lanes_) {
      lane->Drain([this] {
        const std::lock_guard drained(mutex_);
        if (--lanes_open_ == 0) all_drained_.notify_one();
      });
    }
    return all_drained_.wait_for(lock, std::chrono::milliseconds(deadline_ms),
                                 [this] { return lanes_open_ == 0; });
  }

  const ServerOptions options_;
  uint16_t port_ = 0;                  // the real one
  std::optional<ListenSocket> bound_;  // until it listens
  std::unique_ptr<Store> own_store_;
  Store* store_;
  WorkerPool workers_{"thalweg-zip", kCompressionThreads};
  std::unique_ptr<ConnectionLimit> connection_limit_;  // of all lanes together; null: not started
  std::optional<TurnedAwayTeller> turned_away_;
  size_t request_bytes_max_ = 0;              // of all lanes together
  std::vector<std::unique_ptr<Lane>> lanes_;  // empty: stopped; changed under stats_mutex_
  ServerStats ended_;                         // of lanes that there are no more; likewise
  mutable std::mutex stats_mutex_;            // held by nobody who waits for a loop
  bool drained_ = true;

  std::mutex mutex_;
  std::condition_variable all_drained_;
  size_t lanes_open_ = 0;  // guarded by mutex_
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

std::expected<std::unique_ptr<Server>, ServerError> Server::Start(ServerOptions options) {
  return Impl::Start(std::move(options), nullptr);
}

std::expected<std::unique_ptr<Server>, ServerError> Server::Start(Store& store,
                                                                  ServerOptions options) {
  return Impl::Start(std::move(options), &store);
}

std::string Server::url() const { return impl_->url(); }

uint16_t Server::port() const { return impl_->port(); }

Store& Server::store() { return impl_->store(); }

ServerStats Server::Stats() const { return impl_->Stats(); }

StoreResult<void> Server::Clear() { return store().Clear(); }

bool Server::Stop(int64_t deadline_ms) { return impl_->Stop(deadline_ms); }

}  // namespace thalweg
