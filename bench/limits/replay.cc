// The limit of replay: one stream is one file, a page of it is one sendfile.
//
//   thalweg_limit_replay FILE [LOG]
//
// Every PUT and POST adds its body to FILE, whatever its path; every GET answers at most 4 MiB from
// `offset` on (a number of bytes; -1: from the beginning) and says where the next page begins. With
// LOG that is so of paths with `/cold-` alone, and the bodies of others are kept in LOG, durably
// (committer.h): the limit of appends beside a replay.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>

#include "bench/limits/bare_server.h"
#include "bench/limits/committer.h"
#include "bench/limits/sync_file.h"

namespace thalweg::bench {
namespace {

constexpr uint64_t kPageBytes = 4 << 20;
constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";

class Replay {
 public:
  explicit Replay(int file) : file_(file) {}

  static bool IsOf(std::string_view head) {
    return head.substr(0, head.find('\n')).find("/cold-") != std::string_view::npos;
  }

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

int Serve(int file) {
  Replay replay(file);
  BareServer server({.on_request = [&](BareConnection& client, const BareRequest& request) {
    replay.OnRequest(client, request);
  }});
  return server.Serve();
}

int ServeWithLog(int file, int log) {
  Replay replay(file);
  BareServer* wakes = nullptr;
  Committer committer(log, [&] { wakes->Wake(); });
  BareServer server({
      .on_request =
          [&](BareConnection& client, const BareRequest& request) {
            if (Replay::IsOf(request.head)) return replay.OnRequest(client, request);
            committer.Stage(client, request.body);
          },
      .on_turn = [&] { AnswerDurable(committer, kAnswer); },
  });
  wakes = &server;
  return server.Serve();
}

// -1: said why.
int OpenStream(const char* path) {
  const int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) std::perror(path);
  return file;
}

int OpenLog(const char* path) {
  const int file = OpenFilledWithZeros(path, kLogFileBytes);
  if (file < 0) std::perror(path);
  return file;
}

int Main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: thalweg_limit_replay FILE [LOG]\n");
    return 2;
  }
  const int file = OpenStream(argv[1]);
  if (file < 0) return 1;
  if (argc == 2) return Serve(file);
  const int log = OpenLog(argv[2]);
  return log < 0 ? 1 : ServeWithLog(file, log);
}

}  // namespace
}  // namespace thalweg::bench

int main(int argc, char** argv) { return thalweg::bench::Main(argc, argv); }
