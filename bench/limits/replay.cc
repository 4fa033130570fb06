// The limit of replay: one stream is one file, a page of it is one sendfile.
//
//   thalweg_limit_replay FILE
//
// Every PUT and POST adds its body to FILE, whatever its path; every GET answers at most 4 MiB from
// `offset` on (a number of bytes; -1: from the beginning) and says where the next page begins.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>

#include "bench/limits/bare_server.h"

namespace thalweg::bench {
namespace {

constexpr uint64_t kPageBytes = 4 << 20;
constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";

class Replay {
 public:
  explicit Replay(int file) : file_(file) {}

  void OnRequest(BareConnection& client, const BareRequest& request) {
    if (request.head.starts_with("GET ")) return SendPage(client, OffsetOf(request.head));
    const ssize_t written =
        pwrite(file_, request.body.data(), request.body.size(), static_cast<off_t>(bytes_));
    if (written < 0) std::perror("pwrite");
    bytes_ += static_cast<uint64_t>(std::max<ssize_t>(written, 0));
    client.Send(kAnswer);
  }

 private:
  static uint64_t OffsetOf(std::string_view head) {
    constexpr std::string_view kName = "offset=";
    const size_t at = head.find(kName);
    uint64_t offset = 0;
    if (at != std::string_view::npos)  // of "-1" nothing is taken
      std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), offset);
    return offset;
  }

  void SendPage(BareConnection& client, uint64_t offset) const {
    offset = std::min(offset, bytes_);
    const uint64_t size = std::min(bytes_ - offset, kPageBytes);
    std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) +
                       "\r\nStream-Next-Offset: " + std::to_string(offset + size) + "\r\n";
    if (offset + size == bytes_) head += "Stream-Up-To-Date: true\r\n";
    client.Send(head + "\r\n");
    client.SendFile(file_, offset, size);
  }

  const int file_;
  uint64_t bytes_ = 0;
};

int Serve(const char* path) {
  const int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) {
    std::perror(path);
    return 1;
  }
  Replay replay(file);
  BareServer server({.on_request = [&](BareConnection& client, const BareRequest& request) {
    replay.OnRequest(client, request);
  }});
  return server.Serve();
}

}  // namespace
}  // namespace thalweg::bench

int main(int argc, char** argv) {
  if (argc == 2) return thalweg::bench::Serve(argv[1]);
  std::fprintf(stderr, "usage: thalweg_limit_replay FILE\n");
  return 2;
}
