// Group commit by a thread of its own: it gathers what came while it synced, and writes it with one
// call and syncs once, with a checksum for each.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/limits/bare_server.h"

namespace thalweg::bench {

// The file of a limit program's log: written with zeros before the first request and from its
// beginning again where it ends, so that a sync has data to write and nothing else: no new length,
// no new blocks.
inline constexpr size_t kLogFileBytes = 256 << 20;

// Puts `body` with its length and its checksum behind `bytes`.
void AppendRecord(std::string_view body, std::string& bytes);

// THREAD: that of a BareServer, which `on_durable` wakes from the committer's own.
class Committer {
 public:
  // `file` is of OpenFilledWithZeros and kLogFileBytes.
  Committer(int file, std::function<void()> on_durable);
  ~Committer();  // what is staged may not be kept

  // Keeps `body`; `client` is among those of TakeDurable() once it is durable.
  void Stage(BareConnection& client, std::string_view body);

  // After one or more Stage(): there is work.
  void Start();

  std::vector<BareConnection*> TakeDurable();

 private:
  void Run();
  void Commit(const std::string& bytes);

  const int file_;
  const std::function<void()> on_durable_;
  size_t end_ = 0;    // the committer's own
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  bool busy_ = false;
  bool ends_ = false;
  std::string staged_;
  std::vector<BareConnection*> waiting_, durable_;
  std::thread thread_;  // the last member: it uses the others
};

// What a committer's server does in each turn.
template <typename AnyCommitter>
void AnswerDurable(AnyCommitter& committer, std::string_view answer) {
  for (BareConnection* client : committer.TakeDurable()) client->Send(answer);
  committer.Start();
}

}  // namespace thalweg::bench
