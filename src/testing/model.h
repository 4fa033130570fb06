// What a correct server would hold: the protocol written once more, as plainly as possible, to be
// compared with the engine. A fork copies its history; nothing is fast; one thread.
//
// Shares no code with the rules. `rests_on` of its outcomes means nothing.
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
  // The commands' `now` is the moment they are made.
  CreateOutcome Create(const CreateCommand& command);
  AppendOutcome Append(std::string_view path, const AppendCommand& command);
  RemoveOutcome Remove(std::string_view path, Moment now);
  ModelPage Read(std::string_view path, ReadFrom from, size_t page_bytes_max, Moment now);
  // As a read of nothing at the tail that is no use of the stream.
  ModelPage Describe(std::string_view path, Moment now);

  // Everything whose time has come is gone.
  void ExpireAll(Moment now);

  size_t stream_count() const { return by_path_.size(); }

 private:
  struct Producer {
    uint64_t epoch = 0;
    uint64_t seq = 0;
  };
  struct Stream {
    std::string path;
    std::string type;
    Expiry expiry_requested;
    Expiry expiry;
    std::string fork_source;
    std::optional<uint64_t> fork_at;
    uint64_t fork_sub_offset = 0;
    Stream* source = nullptr;
    std::vector<std::string> appends;  // with what was inherited
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
  void Take(Stream& stream);
  void ReleaseOrphaned();
  static CreateVerdict JudgeExisting(const Stream& stream, const CreateCommand& command);
  static CreateVerdict JudgeFork(const Stream* source, const CreateCommand& command);
  static AppendVerdict JudgeAppend(const Stream* stream, const AppendCommand& command);
  static AppendVerdict JudgeProducer(const Stream& stream, const AppendCommand& command);
  CreateVerdict Decide(const Stream* existing, Stream* source, const CreateCommand& command);
  Stream& Add(Stream* source, const CreateCommand& command);

  std::map<std::string, Stream, std::less<>> by_path_;
  std::vector<Stream*> orphaned_;  // lost a fork during the command under way
};

}  // namespace thalweg
