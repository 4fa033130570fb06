// Two threads: the server's, and the committer's own. They share what `mutex_` guards.
#include "bench/limits/committer.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <utility>

#include "base/crc32c.h"

namespace thalweg::bench {
namespace {

struct RecordHead {
  uint32_t bytes = 0;
  uint32_t crc = 0;
};

}  // namespace

void AppendRecord(std::string_view body, std::string& bytes) {
  const RecordHead head{.bytes = static_cast<uint32_t>(body.size()), .crc = Crc32c(body)};
  bytes.append(reinterpret_cast<const char*>(&head), sizeof(head));
  bytes += body;
}

Committer::Committer(int file, std::function<void()> on_durable)
    : file_(file), on_durable_(std::move(on_durable)), thread_([this] { Run(); }) {}

Committer::~Committer() {
  {
    const std::scoped_lock lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Committer::Stage(BareConnection& client, std::string_view body) {
  const std::scoped_lock lock(mutex_);
  AppendRecord(body, staged_);
  waiting_.push_back(&client);
}

void Committer::Start() {
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty() || busy_) return;
  }
  changed_.notify_one();
}

std::vector<BareConnection*> Committer::TakeDurable() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(durable_, {});
}

void Committer::Run() {
  std::string bytes;
  std::vector<BareConnection*> clients;
  std::unique_lock lock(mutex_);
  while (true) {
    busy_ = false;
    changed_.wait(lock, [&] { return ends_ || !waiting_.empty(); });
    if (ends_) return;
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

void Committer::Commit(const std::string& bytes) {
  const auto size = static_cast<off_t>(bytes.size());
  if (end_ + bytes.size() > kLogFileBytes) end_ = 0;
  if (pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(end_)) != size)
    std::perror("pwrite");
  if (fdatasync(file_) != 0) std::perror("fdatasync");
  end_ += bytes.size();
}

}  // namespace thalweg::bench
