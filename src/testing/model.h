// What a correct server would hold: the protocol written once more, as plainly as possible, to be
// compared with the engine. A fork copies its history; nothing is fast; one thread.
//
// Shares no code with the rules. `lsn` of a command is the position its record takes if it is
// accepted; what an answer rests on is the last position that changed what clients see at its path.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace thalweg {

struct ModelPage {
  ReadVerdict verdict = ReadVerdict::kMissing;
  std::string text;
  uint64_t end = 0;
  bool at_tail = false;
  bool closed = false;
};

class Model {
 public:
  // How streams with a time end: the model looks at the clock, or is told (Expire).
  enum class Ending : uint8_t { kByClock, kByWord };

  explicit Model(Ending ending = Ending::kByClock) : ending_(ending) {}

  // The commands' `now` is the moment they are made.
  CreateOutcome Create(const CreateCommand& command, Lsn lsn = {});
  AppendOutcome Append(std::string_view path, const AppendCommand& command, Lsn lsn = {});
  RemoveOutcome Remove(std::string_view path, Moment now, Lsn lsn = {});
  ModelPage Read(std::string_view path, ReadFrom from, size_t page_bytes_max, Moment now);
  // As a read of nothing at the tail that is no use of the stream.
  ModelPage Describe(std::string_view path, Moment now);

  // Everything whose time has come is gone.
  void ExpireAll(Moment now);

  size_t stream_count() const { return by_path_.size(); }

  // For kByWord: the time of the stream at `path` has come; somebody used it.
  void Expire(std::string_view path, Lsn lsn);
  void Use(std::string_view path, Moment now);
  // Whether its time had come `late_eighths` of its window (of a TTL) before `now`.
  bool IsDue(std::string_view path, Moment now, int late_eighths) const;

  // What stands at `path`, soft-deleted or not, and what such an answer rests on.
  ReadVerdict Stands(std::string_view path) const;
  Lsn RestsOn(std::string_view path) const;
  bool IsJson(std::string_view path) const;
  bool IsClosed(std::string_view path) const;

  // Forgets everything.
  void Clear();

  // What a reader of `path` rests on who got `text` from `start` on; null: nobody can have got it.
  std::optional<Lsn> Shows(std::string_view path, uint64_t start, std::string_view text,
                           bool closed) const;

  // The offsets at which appends of `path` end, and its start.
  std::vector<uint64_t> Boundaries(std::string_view path) const;

  // The last stamp of each producer of `path`; borrows.
  std::vector<ProducerStamp> LastStamps(std::string_view path) const;

 private:
  struct Producer {
    uint64_t epoch = 0;
    uint64_t seq = 0;
  };
  struct Piece {  // an append
    std::string text;
    Lsn lsn;
  };
  struct Stream {
    std::string path;
    std::string type;
    Expiry expiry_requested;
    Expiry expiry;
    std::string fork_source;
    uint64_t fork_at = 0;
    bool fork_at_was_named = false;
    uint64_t fork_sub_offset = 0;
    Stream* source = nullptr;
    std::vector<Piece> appends;  // with what was inherited
    Lsn created;
    Lsn last;
    bool closed = false;
    std::string closed_by;  // id, epoch and seq in one text; empty: no stamp
    bool soft_deleted = false;
    int forks = 0;
    std::optional<std::string> seq_last;
    std::map<std::string, Producer> producers;
    int64_t used_ms = 0;

    uint64_t tail() const;
    bool is_json() const { return type == "application/json"; }
    // How many appends end at or before `at`; null: `at` lies inside one.
    std::optional<size_t> AppendsBefore(uint64_t at) const;
  };

  Stream* Find(std::string_view path, Moment now);
  const Stream* At(std::string_view path) const;
  void Take(Stream& stream, Lsn lsn);
  void ReleaseOrphaned(Lsn lsn);
  static CreateVerdict JudgeExisting(const Stream& stream, const Stream* source,
                                     const CreateCommand& command);
  static CreateVerdict JudgeFork(const Stream* source, const CreateCommand& command);
  static AppendVerdict JudgeAppend(const Stream* stream, const AppendCommand& command);
  static AppendVerdict JudgeProducer(const Stream& stream, const AppendCommand& command);
  CreateVerdict Decide(const Stream* existing, Stream* source, const CreateCommand& command);
  Stream& Add(Stream* source, const CreateCommand& command, Lsn lsn);
  static void Inherit(Stream& stream, const Stream& source);
  static void Accept(Stream& stream, const AppendCommand& command, Lsn lsn);

  const Ending ending_;
  std::map<std::string, Stream, std::less<>> by_path_;
  std::map<std::string, Lsn, std::less<>> vanished_;  // when a stream last left its path
  std::vector<Stream*> orphaned_;                     // lost a fork during the command under way
};

}  // namespace thalweg
