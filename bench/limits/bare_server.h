// The least that an HTTP server on one thread can be: epoll, sockets, and a parser that knows just
// enough to find where a request ends. The limit programs stand on it; none of it is for use.
//
// Own thread only, except for Wake().
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace thalweg::bench {

// Where a request begins and ends in bytes; borrowed from them.
struct BareRequest {
  std::string_view head;  // up to and with its blank line
  std::string_view body;
};

// Takes the first request from `bytes`. False: it is not whole yet. Lengths only, no chunks, and
// `Content-Length` in this spelling.
bool TakeRequest(std::string_view& bytes, BareRequest& request);

class BareServer;

// A client; lives until it hangs up, or until it asks to be closed.
class BareConnection {
 public:
  BareConnection(BareServer& server, int fd) : server_(server), fd_(fd) {}
  ~BareConnection();
  BareConnection(const BareConnection&) = delete;
  BareConnection& operator=(const BareConnection&) = delete;

  // Sends `bytes`, and the rest when there is room.
  void Send(std::string_view bytes);

  // Behind what is being sent: `bytes` of the file from `offset` on, with sendfile.
  void SendFile(int file, uint64_t offset, uint64_t bytes);

 private:
  friend class BareServer;
  bool Receive();
  bool Flush();
  bool FlushFile();
  void WaitForRoom();

  BareServer& server_;
  const int fd_;
  bool waits_for_room_ = false;
  std::string in_;   // a request that is not whole yet
  std::string out_;  // what the socket did not take yet
  int file_ = -1;
  uint64_t file_offset_ = 0, file_left_ = 0;
};

class BareServer {
 public:
  using OnRequest = std::function<void(BareConnection& connection, const BareRequest& request)>;

  // What happens for each request, after all that came in a turn, and when a client has gone.
  struct Handlers {
    OnRequest on_request;
    std::function<void()> on_turn = [] {};
    std::function<void(BareConnection& connection)> on_gone = [](BareConnection&) {};
  };

  explicit BareServer(Handlers handlers);
  ~BareServer();
  BareServer(const BareServer&) = delete;
  BareServer& operator=(const BareServer&) = delete;

  // Listens on a free port of loopback, says `listening on URL`, and serves until it is killed.
  // Returns only where that fails, with the program's exit code.
  int Serve();

  // Makes a turn come soon. THREAD: any.
  void Wake();

  // The eventfd by which the kernel may do the same.
  int wake_fd() const { return wake_; }

 private:
  friend class BareConnection;
  static constexpr size_t kReadBytes = 256 << 10;

  bool Listen();
  void Accept();
  void Watch(int operation, int fd, uint32_t events);
  void OnEvent(int fd, uint32_t events);

  const Handlers handlers_;
  const int epoll_;
  const int wake_;
  int listener_ = -1;
  std::unordered_map<int, std::unique_ptr<BareConnection>> connections_;
  std::unique_ptr<std::array<char, kReadBytes>> buffer_;
};

}  // namespace thalweg::bench
