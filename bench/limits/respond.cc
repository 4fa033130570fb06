// The limit of a server that answers requests: parses just enough to find where one ends, and
// answers 204. With `--commit FILE` it keeps each body first, durably: a second thread gathers what
// came while it synced, and writes it with one call and syncs once, with a checksum for each. With
// `--commit-in-loop FILE` there is no second thread: the kernel writes and syncs beside the only
// one, and wakes it (async_write.h).
//
//   thalweg_limit_respond [--commit FILE | --commit-in-loop FILE]
//
// Two threads with --commit: the server's own, and the committer's, which share `Committer`.
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/crc32c.h"
#include "bench/limits/async_write.h"
#include "bench/limits/bare_server.h"
#include "bench/limits/sync_file.h"

namespace thalweg::bench {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 204 No Content\r\n"
    "Stream-Next-Offset: 0000000000000000_0000000000000256\r\n\r\n";

// Written with zeros before the first request and from its beginning again where it ends, so that a
// sync has data to write and nothing else: no new length, no new blocks.
constexpr size_t kFileBytes = 256 << 20;

struct RecordHead {
  uint32_t bytes = 0;
  uint32_t crc = 0;
};

void AppendRecord(std::string_view body, std::string& bytes) {
  const RecordHead head{.bytes = static_cast<uint32_t>(body.size()), .crc = Crc32c(body)};
  bytes.append(reinterpret_cast<const char*>(&head), sizeof(head));
  bytes += body;
}

class Committer {
 public:
  Committer(int file, std::function<void()> on_durable)
      : file_(file), on_durable_(std::move(on_durable)), thread_([this] { Run(); }) {}

  // Keeps `body`; `client` is among those of TakeDurable() once it is durable.
  void Stage(BareConnection& client, std::string_view body) {
    const std::scoped_lock lock(mutex_);
    AppendRecord(body, staged_);
    waiting_.push_back(&client);
  }

  // After one or more Stage(): there is work.
  void Start() {
    {
      const std::scoped_lock lock(mutex_);
      if (waiting_.empty() || busy_) return;
    }
    changed_.notify_one();
  }

  std::vector<BareConnection*> TakeDurable() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(durable_, {});
  }

 private:
  void Run() {
    std::string bytes;
    std::vector<BareConnection*> clients;
    std::unique_lock lock(mutex_);
    while (true) {
      busy_ = false;
      changed_.wait(lock, [&] { return !waiting_.empty(); });
      busy_ = true;
      bytes.clear();
      bytes.swap(staged_);
      clients = std::exchange(waiting_, {});
      lock.unlock();
      Commit(bytes);
      lock.lock();
      durable_.insert(durable_.end(), clients.begin(), clients.end());
      lock.unlock();
      on_durable_();
      lock.lock();
    }
  }

  void Commit(const std::string& bytes) {
    const auto size = static_cast<off_t>(bytes.size());
    if (end_ + bytes.size() > kFileBytes) end_ = 0;
    if (pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(end_)) != size)
      std::perror("pwrite");
    if (fdatasync(file_) != 0) std::perror("fdatasync");
    end_ += bytes.size();
  }

  const int file_;
  const std::function<void()> on_durable_;
  size_t end_ = 0;    // the committer's own
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  bool busy_ = false;
  std::string staged_;
  std::vector<BareConnection*> waiting_, durable_;
  std::jthread thread_;  // the last member: it uses the others
};

// The same on the server's thread alone.
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
    if (end_ + AsyncWrite::kBytesMax > kFileBytes) end_ = 0;
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
      .on_turn =
          [&] {
            for (BareConnection* client : committer.TakeDurable()) client->Send(kAnswer);
            committer.Start();
          },
  };
}

int ServeDurably(const char* path) {
  const int file = OpenFilledWithZeros(path, kFileBytes);
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
  const int file = OpenFilledWithZeros(path, kFileBytes);
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
