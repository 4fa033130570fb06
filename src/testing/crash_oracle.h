// What a correct server would hold after a crash: the commands that were accepted, those behind the
// log's end left out, done once more by the model. Judges every answer, every page, every recovery.
//
// A client may believe an answer once what it says it rests on is durable; what it truly rests on
// the model knows, and that must be there after every crash. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "testing/crash_requests.h"
#include "testing/model.h"

namespace thalweg {

class CrashOracle {
 public:
  explicit CrashOracle(const Clock& clock) : clock_(clock) {}

  // What went wrong first; empty: nothing did.
  const std::string& wrong() const { return wrong_; }
  void Expect(bool holds, const std::string& what);

  // The engine decided `record` and put it into its log.
  void OnStaged(const Record& record);
  Lsn staged() const { return staged_; }

  // What the engine answered. `durable`: as far as the client is told.
  void OnCreated(const CreateRequest& request, const CreateOutcome& got, Lsn durable);
  void OnAppended(const AppendRequest& request, const AppendOutcome& got, Lsn durable);
  void OnRemoved(const std::string& path, const RemoveOutcome& got, Lsn durable);
  // `is_live`: by who watches the stream; no answer tells such a reader that its use is noted.
  void OnRead(const std::string& path, const ReadOutcome& got, Lsn durable, bool is_live = false);
  void OnDescribed(const std::string& path, const DescribeOutcome& got, Lsn durable);

  // What stands at `path` ends later than by its window, for example because a reader watches it.
  void MayLast(const std::string& path);

  // A use of what stands at `path` met a log without room, or twice the memory for tails taken:
  // until a checkpoint only memory has it.
  void MayEndEarly(const std::string& path);

  // Answers that waited leave.
  void OnDurable(Lsn durable);

  // The server has died, and another found the log's end at `last`; what is up to `promised` must
  // be there.
  void OnCrash();
  void OnRecovered(Lsn last, Lsn promised);

  // Everything is durable: `path` is as the model has it.
  void ExpectWhole(const std::string& path, const DescribeOutcome& seen, const ReadOutcome& read);

  // The incarnation that was made last at `path`; 0: none.
  StreamId LatestIdAt(const std::string& path) const;
  const Model& model() const { return model_; }
  Lsn seen() const { return seen_; }

 private:
  struct Done {
    Lsn lsn;  // it holds where this is there: the last record when it had been done, or less
    std::function<void(Model&)> again;
  };
  struct Made {
    std::string path;
    Lsn lsn;
    bool may_last = false;
    bool may_end_early = false;
  };
  struct Answer {
    Lsn said;  // to rest on
    Lsn true_lsn;
  };

  Moment Now() const { return {.wall_ms = clock_.WallMs(), .steady_ms = clock_.SteadyMs()}; }
  void Do(std::function<void(Model&)> what);
  void KeepUse(const std::string& path, Lsn lsn);
  void Promise(Lsn said, Lsn true_lsn, Lsn durable);
  void ExpectNotOverdue(const std::string& path);
  Lsn TakeOwn(bool was_accepted);
  void OnExpired(const RemoveRecord& record);

  const Clock& clock_;
  std::string wrong_;
  Model model_{Model::Ending::kByWord};
  std::vector<Done> journal_;
  std::map<uint64_t, Made> made_;  // by id
  std::vector<Answer> waiting_;
  Lsn staged_;
  std::optional<Lsn> own_;  // of the command under way
  Lsn seen_;                // somebody believes that it was durable
};

}  // namespace thalweg
