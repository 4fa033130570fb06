// For tests: a listener on a thread of its own with a handler whose answers the test steers, and a
// plain blocking client.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/http_listener.h"

namespace thalweg {

// How long what must come may take on a machine that is busy: less than any time of HttpLimits, so
// that none of those stands for what should have happened.
constexpr std::chrono::seconds kPatience{10};

// Answers by the path: /hold... waits for Release, /hold-next... holds back what comes behind it,
// too, /live... streams without an end, the rest is echoed at once. Runs on the loop; the log may
// be read from anywhere.
class ToyHandler final : public RequestHandler {
 public:
  // A response that the test steers. The test calls from tasks on the loop.
  class Held final : public ResponderEvents {
   public:
    Held(ToyHandler& home, std::string path, Responder& responder)
        : home_(home), path_(std::move(path)), responder_(&responder) {}
    void OnWritable() override { home_.Log("writable " + path_); }
    void OnCancel() override {
      responder_ = nullptr;
      home_.Log("cancel " + path_);
    }
    bool IsLive() const override {
      return path_.starts_with("/live") || path_.starts_with("/hold-live");
    }
    Responder* responder() { return responder_; }

   private:
    ToyHandler& home_;
    std::string path_;
    Responder* responder_;
  };

  std::string_view common_fields() const override { return "x-common: yes\r\n"; }

  void Handle(const Request& request, Responder& responder) override {
    const std::string path(request.path);
    Log("handle " + path);
    HeaderList headers;
    headers.Add("x-path", path);
    if (path.starts_with("/hold") || path.starts_with("/live")) {
      auto held = std::make_unique<Held>(*this, path, responder);
      if (!path.starts_with("/hold-deaf")) responder.SetEvents(held.get());
      if (path.starts_with("/hold-next")) responder.HoldNext(true);
      if (path.starts_with("/live")) responder.Start(200, headers, std::nullopt);
      held_[path] = std::move(held);
      return;
    }
    if (path == "/abort") {
      responder.Start(200, headers, 100);
      responder.Write(Bytes::Static("not all"));
      responder.Abort();
      return;
    }
    if (path == "/short") {  // promises more than it writes
      responder.Start(200, headers, 100);
      responder.Finish();
      return;
    }
    if (path == "/204" || path == "/304") {
      responder.Respond(path == "/204" ? 204 : 304, headers, {});
      return;
    }
    const std::string body = Echo(request);
    if (path == "/chunked") {
      responder.Start(200, headers, std::nullopt);
      responder.Write(Bytes::Own(body.substr(0, 5)));
      responder.Write(Bytes::Own(body.substr(5)));
      responder.Finish();
      return;
    }
    responder.Respond(200, headers, Bytes::Own(body));
  }

  void OnTurnedAway(TurnedAway why) override {
    Log("turned away " + std::to_string(static_cast<int>(why)));
  }

  Held& held(const std::string& path) { return *held_.at(path); }

  void Log(std::string line) {
    const std::lock_guard lock(mutex_);
    log_.push_back(std::move(line));
    changed_.notify_all();
  }
  // Waits until `line` was logged `times` times; false after kPatience.
  bool WaitFor(const std::string& line, int times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience,
                             [&] { return std::count(log_.begin(), log_.end(), line) >= times; });
  }
  int CountOf(const std::string& line) {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count(log_.begin(), log_.end(), line));
  }
  bool Saw(const std::string& line) { return CountOf(line) > 0; }

 private:
  static std::string Echo(const Request& request) {
    std::string text = "m" + std::to_string(static_cast<int>(request.method));
    text.append(" ").append(request.path).append("?").append(request.query).append(" ");
    return text.append(request.authority).append(" ").append(request.body);
  }

  std::map<std::string, std::unique_ptr<Held>> held_;  // the loop's own
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> log_;  // guarded by mutex_
};

// Asks again and again, for at most kPatience.
inline bool Eventually(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// On a free port of this machine.
inline ListenSocket ListenAnywhere() {
  auto socket = ListenSocket::Bind("127.0.0.1", 0);
  if (!socket || !socket->Listen()) {
    ADD_FAILURE() << "no port to listen on";
    std::abort();
  }
  return *std::move(socket);
}

class TestServer {
 public:
  explicit TestServer(HttpLimits limits = {}) : connection_limit_(limits.connections_max) {
    ListenSocket socket = ListenAnywhere();
    port_ = socket.port();
    listener_ = std::make_unique<HttpListener>(loop_, std::move(socket), handler_, limits,
                                               connection_limit_);
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~TestServer() {
    loop_.Stop();
    thread_.join();
  }

  uint16_t port() const { return port_; }
  ToyHandler& handler() { return handler_; }
  HttpListener& listener() { return *listener_; }

  // Runs `task` on the loop and waits until it is done.
  void OnLoop(std::function<void()> task) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    loop_.Post([&] {
      task();
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
  }
  // Ends what /hold holds.
  void Release(const std::string& path, const std::string& body) {
    OnLoop([&] {
      HeaderList headers;
      headers.Add("x-path", path);
      handler_.held(path).responder()->Respond(200, headers, Bytes::Own(body));
    });
  }
  size_t ConnectionCount() {
    size_t count = 0;
    OnLoop([&] { count = listener_->connection_count(); });
    return count;
  }

 private:
  Loop loop_;
  ToyHandler handler_;
  ConnectionLimit connection_limit_;
  std::unique_ptr<HttpListener> listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

class TestClient {
 public:
  explicit TestClient(uint16_t port, int receive_buffer = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval timeout{kPatience.count(), 0};
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~TestClient() { Close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // Closes so that the server sees a reset.
  void CloseHard() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    Close();
  }
  void ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }

  // False: the server does not take it.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void SendByteByByte(std::string_view bytes) {
    for (char c : bytes) Send({&c, 1});
  }

  // Reads until `text` has come, and returns everything up to its end.
  std::string ReadUntil(std::string_view text) {
    while (read_.find(text) == std::string::npos) {
      if (!ReadMore()) return std::exchange(read_, "") + "<end>";
    }
    const size_t end = read_.find(text) + text.size();
    std::string result = read_.substr(0, end);
    read_.erase(0, end);
    return result;
  }
  std::string ReadBytes(size_t count) {
    while (read_.size() < count) {
      if (!ReadMore()) break;
    }
    std::string result = read_.substr(0, count);
    read_.erase(0, result.size());
    return result;
  }
  // Head and body of one response with a Content-Length (or none), without its Date.
  std::string ReadResponse() {
    std::string head = ReadUntil("\r\n\r\n");
    const size_t at = std::min(head.find("Content-Length: "), head.find("content-length: "));
    size_t length = 0;
    if (at != std::string::npos) {
      std::from_chars(head.data() + at + 16, head.data() + head.size(), length);
    }
    const size_t date = head.find("Date: ");
    if (date != std::string::npos) head.erase(date, head.find("\r\n", date) + 2 - date);
    return head + ReadBytes(length);
  }
  // Something can be read without waiting for it.
  bool HasAnswer() const {
    pollfd answer{fd_, POLLIN, 0};
    return ::poll(&answer, 1, 0) == 1;
  }
  // Everything up to the end; "<reset>" or "<timeout>" behind it where that is how it ended.
  std::string ReadAll() {
    while (ReadMore()) {
    }
    std::string all = std::exchange(read_, "");
    if (error_ == ECONNRESET) all += "<reset>";
    if (error_ == EAGAIN) all += "<timeout>";
    return all;
  }

 private:
  bool ReadMore() {
    char buffer[16384];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    error_ = got < 0 ? errno : 0;
    if (got > 0) read_.append(buffer, static_cast<size_t>(got));
    return got > 0;
  }

  int fd_;
  int error_ = 0;
  std::string read_;
};

}  // namespace thalweg
