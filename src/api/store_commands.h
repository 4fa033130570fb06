// What a store does on its engine, in the words of the public API: decodes arguments, lets the
// engine decide, encodes what came of it. Never waits: each call gives what is to be told as soon
// as what it rests on is durable.
//
// THREAD: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "thalweg/clock.h"
#include "thalweg/store.h"

namespace thalweg {

// One append is at most this, as over HTTP by default: many of them fit a block of the log.
inline constexpr size_t kAppendBytesMax = size_t{64} << 20;

template <typename T>
struct Pending {
  StoreResult<T> result;
  Lsn rests_on;
};

// What there is to tell of a JSON body beside its outcome.
struct JsonTold {
  std::string error;  // why it is bad
  Bytes appended;     // as it stands in the stream
};

class StoreCommands {
 public:
  // REQUIRES: both outlive it.
  StoreCommands(Engine& engine, const Clock& clock) : engine_(engine), clock_(clock) {}

  Pending<CreateResult> Create(std::string_view path, const CreateOptions& options) const;
  Pending<AppendResult> Append(std::string_view path, std::string_view data,
                               const AppendOptions& options) const;
  Pending<bool> Remove(std::string_view path) const;
  Pending<void> Clear() const;

  Pending<ReadResult> Read(std::string_view path, const ReadOptions& options) const;
  Pending<StreamDescription> Get(std::string_view path) const;
  Pending<std::string> CurrentOffset(std::string_view path) const;
  Pending<void> Touch(std::string_view path) const;
  Pending<std::vector<std::string>> List(std::string_view prefix, std::string_view after,
                                         size_t limit) const;

  // What a wait for messages finds when it begins.
  struct FirstLook {
    std::optional<Pending<WaitResult>> found;  // null: the stream is there, and has nothing new …
    StreamHandle stream = nullptr;             // … this one …
    Offset at{};                               // … from here on
  };
  FirstLook LookForMessages(std::string_view path, std::string_view offset) const;

  // The same once more.
  struct Look {
    std::optional<StoreResult<WaitResult>> found;  // null: there is nothing new
    Lsn rests_on{};
  };
  Look LookAgain(const StreamHandle& stream, Offset at) const;

 private:
  AppendOutcome AppendAs(std::string_view key, std::string_view content_type, std::string_view data,
                         const AppendOptions& options, JsonTold& json) const;

  Engine& engine_;
  const Clock& clock_;
};

// The messages of a page that was asked for with its ends.
ReadResult ResultOf(ReadOutcome outcome);

}  // namespace thalweg
