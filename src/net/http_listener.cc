#include "net/http_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "net/http1_connection.h"
#include "net/http1_shared.h"

namespace thalweg {

namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr int64_t kAcceptPauseMs = 100;  // after the system ran out of descriptors or memory

}  // namespace

class HttpListener::Impl final : public IoHandler, public TurnEndHandler, private Timer {
 public:
  Impl(Loop& loop, ListenSocket socket, RequestHandler& handler, const HttpLimits& limits,
       ConnectionLimit& connection_limit)
      : loop_(loop), socket_(std::move(socket)), shared_(loop, handler, limits, connection_limit) {
    THALWEG_ASSERT(loop_.Add(socket_->fd(), EPOLLIN, this));
    loop_.AddTurnEnd(this);
  }

  ~Impl() override {
    loop_.RemoveTurnEnd(this);
    StopAccepting();
  }

  void OnIo(uint32_t) override { Accept(kAcceptsPerTurn); }

  void OnIoEnd() override { shared_.HandleReceived(); }

  bool OnTurnEnd() override {
    // What did not fit into this turn: the socket tells of it only once.
    if (accept_again_) Accept(kAcceptsPerTurn);
    const bool more = shared_.RunTurnEnd();
    if (drained_ && shared_.connection_count() == 0) {
      // The callback may destroy this listener, so it runs outside.
      loop_.Post([drained = std::exchange(drained_, nullptr)] { drained(); });
    }
    return more || accept_again_;
  }

  void Drain(std::function<void()> drained) {
    drained_ = std::move(drained);
    shared_.StartDraining();
    TimerWheel::Cancel(*this);
    // Whoever waits there has been told that it is connected, and may have sent a request.
    if (socket_) Accept(ListenSocket::kBacklog);
    StopAccepting();
    for (const auto& connection : shared_.connections()) connection->Drain();
  }

  size_t connection_count() const { return shared_.connection_count(); }
  const HttpCounts& counts() { return shared_.counts(); }

 private:
  void OnTimer() override { accept_again_ = true; }

  void StopAccepting() {
    TimerWheel::Cancel(*this);
    accept_again_ = false;
    if (!socket_) return;
    loop_.Remove(socket_->fd(), this);
    socket_.reset();
  }

  void Accept(int accepts_max) {
    accept_again_ = false;
    if (scheduled()) return;  // paused
    for (int i = 0; i < accepts_max; ++i) {
      const int fd = ::accept4(socket_->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        Welcome(fd);
      } else if (errno == EAGAIN) {
        return;
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        TellOfNoFile();
        loop_.timers().Schedule(*this, loop_.now_ms() + kAcceptPauseMs);
        return;
      }  // else: that one connection failed before it was taken
    }
    accept_again_ = true;
  }

  // The system wants a descriptor before it looks whether anybody waits.
  void TellOfNoFile() {
    pollfd waiting{.fd = socket_->fd(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 0) == 1) shared_.handler().OnTurnedAway(TurnedAway::kNoFile);
  }

  void Welcome(int fd) {
    shared_.counts().accepted.Add();
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const ConnectionLimit::Place place = shared_.connection_limit().Take();
    if (place != ConnectionLimit::Place::kServed) {
      shared_.handler().OnTurnedAway(TurnedAway::kConnection);
    }
    if (place == ConnectionLimit::Place::kNone) {
      ::close(fd);
      return;
    }
    Http1Connection& connection = shared_.AddConnection(fd, place);
    if (place == ConnectionLimit::Place::kRefused) {
      connection.Reject({503, "this server has all the connections it takes"});
    }
  }

  Loop& loop_;
  std::optional<ListenSocket> socket_;
  Http1Shared shared_;
  std::function<void()> drained_;
  bool accept_again_ = false;  // at the end of this turn
};

HttpListener::HttpListener(Loop& loop, ListenSocket socket, RequestHandler& handler,
                           const HttpLimits& limits, ConnectionLimit& connection_limit)
    : impl_(std::make_unique<Impl>(loop, std::move(socket), handler, limits, connection_limit)) {}

HttpListener::~HttpListener() = default;

void HttpListener::Drain(std::function<void()> drained) { impl_->Drain(std::move(drained)); }

size_t HttpListener::connection_count() const { return impl_->connection_count(); }

const HttpCounts& HttpListener::counts() const { return impl_->counts(); }

}  // namespace thalweg
