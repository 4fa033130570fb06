// The limit of a server that answers requests: parses just enough to find where one ends, and
// answers 204. With `--commit FILE` it keeps each body first, durably, by a second thread
// (committer.h). With `--commit-in-loop FILE` there is no second thread: the kernel writes and
// syncs beside the only one, and wakes it (async_write.h).
//
//   thalweg_limit_respond [--commit FILE | --commit-in-loop FILE]
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "bench/limits/async_write.h"
#include "bench/limits/bare_server.h"
#include "bench/limits/committer.h"
#include "bench/limits/sync_file.h"

namespace thalweg::bench {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 204 No Content\r\n"
    "Stream-Next-Offset: 0000000000000000_0000000000000256\r\n\r\n";

// What Committer does, on the server's thread alone.
class LoopCommitter {
 public:
  // As AsyncWrite's.
  bool Open(const char* path, int event_fd) { return write_.Open(path, event_fd); }

  void Stage(BareConnection& client, std::string_view body) {
    AppendRecord(body, staged_);
    waiting_.push_back(&client);
  }

  // After all of a turn.
  void Start() {
    if (waiting_.empty() || !written_for_.empty()) return;
    if (end_ + AsyncWrite::kBytesMax > kLogFileBytes) end_ = 0;
    const size_t size = write_.Begin(staged_, end_);
    if (size == 0) return std::perror("io_submit");
    end_ += size;
    staged_.clear();
    written_for_.swap(waiting_);
  }

  std::vector<BareConnection*> TakeDurable() {
    return write_.HasEnded() ? std::exchange(written_for_, {}) : std::vector<BareConnection*>{};
  }

 private:
  AsyncWrite write_;
  size_t end_ = 0;
  std::string staged_;
  std::vector<BareConnection*> waiting_, written_for_;
};

int ServeAtOnce() {
  BareServer server(
      {.on_request = [](BareConnection& client, const BareRequest&) { client.Send(kAnswer); }});
  return server.Serve();
}

// Clients that go while their append is on its way are not expected: this is a bench.
template <typename Committer>
BareServer::Handlers DurableHandlers(Committer& committer) {
  return {
      .on_request = [&](BareConnection& client,
                        const BareRequest& request) { committer.Stage(client, request.body); },
      .on_turn = [&] { AnswerDurable(committer, kAnswer); },
  };
}

int ServeDurably(const char* path) {
  const int file = OpenFilledWithZeros(path, kLogFileBytes);
  if (file < 0) {
    std::perror(path);
    return 1;
  }
  BareServer* wakes = nullptr;
  Committer committer(file, [&] { wakes->Wake(); });
  BareServer server(DurableHandlers(committer));
  wakes = &server;
  return server.Serve();
}

int ServeDurablyInLoop(const char* path) {
  LoopCommitter committer;
  BareServer server(DurableHandlers(committer));
  const int file = OpenFilledWithZeros(path, kLogFileBytes);
  if (file < 0 || close(file) != 0 || !committer.Open(path, server.wake_fd())) {
    std::perror(path);
    return 1;
  }
  return server.Serve();
}

}  // namespace
}  // namespace thalweg::bench

int main(int argc, char** argv) {
  if (argc == 1) return thalweg::bench::ServeAtOnce();
  if (argc == 3 && std::strcmp(argv[1], "--commit") == 0)
    return thalweg::bench::ServeDurably(argv[2]);
  if (argc == 3 && std::strcmp(argv[1], "--commit-in-loop") == 0)
    return thalweg::bench::ServeDurablyInLoop(argv[2]);
  std::fprintf(stderr, "usage: thalweg_limit_respond [--commit FILE | --commit-in-loop FILE]\n");
  return 2;
}
