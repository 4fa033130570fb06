// The clients of the crash simulation: they create, append, read, follow and remove at random, try
// again what they asked before, and tell the oracle every answer. They outlive the servers.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/port.h"
#include "storage/local_log.h"
#include "testing/crash_oracle.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"
#include "testing/planted.h"
#include "testing/sim_random.h"

namespace thalweg {

class CrashClients {
 public:
  CrashClients(ManualClock& clock, CrashOracle& oracle, Plant plant);
  ~CrashClients();

  // A server has started; it ends after Disconnect.
  // `tail_bytes_max`: the engine's.
  void Connect(Engine& engine, const LocalLog& log, uint64_t tail_bytes_max);
  void Disconnect();

  // One of them does something.
  void Create(SimRandom& random);
  void Append(SimRandom& random);
  void Remove(SimRandom& random);
  void Read(SimRandom& random);
  void Follow(SimRandom& random);

  // The log got further: answers leave, and who follows a stream hears of it.
  void OnCommitted();
  // They have, where nothing stood in their way.
  void CheckFollowers();

  // Looks at every stream, whole; it is all durable where that is said.
  void LookAtAll(bool is_durable);
  // The last append of every producer, once more.
  void RepeatAll();
  void RemoveAll();

  uint64_t pages_followed() const { return pages_followed_; }
  uint64_t parts_followed() const { return parts_followed_; }

 private:
  class Follower final : public Watcher {
   public:
    explicit Follower(CrashClients& clients) : clients_(clients) {}
    void OnStreamChanged() override { clients_.Continue(*this); }

    std::string path;  // with `id` and `at`: where it goes on after a crash
    StreamId id;
    Offset at;
    std::string part;     // of a long append at `at`, which is read part by part
    StreamHandle stream;  // null: it does not watch

   private:
    CrashClients& clients_;
  };

  void Ask(const CreateRequest& request);
  void Ask(const AppendRequest& request);
  void Remove(const std::string& path);
  DescribeOutcome Describe(const std::string& path);
  ReadOutcome Read(const std::string& path, ReadFrom from, size_t page_bytes_max);
  bool AreUsesNoted() const;
  void Begin(Follower& follower, const std::string& path);
  void Continue(Follower& follower);
  bool TakePart(Follower& follower, const Page& page, Lsn rests_on);
  bool Take(Follower& follower, const ReadOutcome& read);
  void Leave(Follower& follower);
  CreateRequest NewCreate(SimRandom& random);
  void MakeFork(SimRandom& random, CreateRequest& request);
  AppendRequest NewAppend(SimRandom& random);
  void Stamp(SimRandom& random, AppendRequest& request);
  Lsn AnswersUpTo() const;

  ManualClock& clock_;
  CrashOracle& oracle_;
  const Plant plant_;
  ManualExecutor executor_;
  std::array<std::unique_ptr<Follower>, 3> followers_;
  std::map<std::string, CreateRequest> created_;  // as asked last
  std::vector<AppendRequest> asked_;
  uint64_t stream_seq_ = 0;
  std::string fork_last_;
  uint64_t pages_followed_ = 0;
  uint64_t parts_followed_ = 0;

  // Of the server.
  Engine* engine_ = nullptr;
  const LocalLog* log_ = nullptr;
  uint64_t tail_bytes_max_ = 0;
  std::unique_ptr<Port> port_;
};

}  // namespace thalweg
