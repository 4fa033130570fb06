// A memory engine, a hand-moved clock and live readers over them, for tests.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/engine.h"
#include "engine/port.h"
#include "http/background_answers.h"
#include "http/compressed_pages.h"
#include "http/context.h"
#include "http/cursor.h"
#include "http/live.h"
#include "http/recording_responder.h"
#include "http/room_waits.h"
#include "http/shared_answers.h"
#include "storage/commit_log.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {

inline std::string OffsetText(uint64_t offset) { return FormatOffset(Offset{offset}); }

// The control event of an open stream, as it goes on the wire.
inline std::string ControlEvent(uint64_t offset, uint64_t cursor, bool up_to_date = true) {
  return "event: control\ndata:{\"streamNextOffset\":\"" + OffsetText(offset) +
         "\",\"streamCursor\":\"" + std::to_string(cursor) + "\"" +
         (up_to_date ? ",\"upToDate\":true" : "") + "}\n\n";
}

inline std::string ClosedEvent(uint64_t offset) {
  return "event: control\ndata:{\"streamNextOffset\":\"" + OffsetText(offset) +
         "\",\"upToDate\":true,\"streamClosed\":true}\n\n";
}

inline std::string TextEvent(std::string_view line) {
  return "event: data\ndata:" + std::string(line) + "\n\n";
}

// The defaults with one option of another value.
template <typename T>
RouterOptions With(T RouterOptions::* option, std::type_identity_t<T> value) {
  RouterOptions options;
  options.*option = value;
  return options;
}

// One router's worth of live readers.
class LiveBench {
 public:
  // `log`: null for one that is durable at once.
  explicit LiveBench(RouterOptions options = {}, std::unique_ptr<CommitLog> log = nullptr)
      : engine_(log == nullptr ? OpenMemoryEngine(clock_)
                               : std::make_unique<Engine>(clock_, std::move(log), EngineOptions{})),
        executor_(clock_),
        port_(engine_->Attach(executor_)),
        background_(executor_),
        compressing_(executor_),
        room_waits_(executor_, clock_),
        context_{.engine = *engine_,
                 .port = *port_,
                 .executor = executor_,
                 .workers = nullptr,
                 .clock = clock_,
                 .options = std::move(options),
                 .common = HeaderList(),
                 .security = HeaderList(),
                 .background = background_,
                 .compressed = compressed_,
                 .compressing = compressing_,
                 .room_waits = room_waits_},
        live_(std::in_place, context_) {}

  ~LiveBench() {
    live_.reset();
    executor_.RunAll();
  }

  void Create(std::string_view path, std::string_view type = "text/plain") {
    CreateCommand command;
    command.path = path;
    command.content_type = type;
    engine_->Create(command);
  }

  // Appends `wire` (for JSON: values, each with its comma) and tells the readers.
  void Append(std::string_view path, std::string_view wire, bool close = false) {
    AppendQuietly(path, wire, close);
    executor_.RunAll();
  }

  void AppendQuietly(std::string_view path, std::string_view wire, bool close = false) {
    const std::string type = Engine::Info(engine_->Describe(path).stream).config.content_type;
    AppendCommand command;
    command.content_type = type;
    command.payload.wire = wire;
    command.payload.is_json = type == "application/json";
    command.close = close;
    engine_->Append(path, command);
  }

  void Close(std::string_view path) { Append(path, "", true); }

  void Remove(std::string_view path) {
    engine_->Remove(path);
    executor_.RunAll();
  }

  static LiveRequest At(std::string_view path, uint64_t offset) {
    LiveRequest request;
    request.path = path;
    request.from = {ReadFrom::Kind::kOffset, Offset{offset}};
    return request;
  }

  static LiveRequest FromNow(std::string_view path) {
    LiveRequest request;
    request.path = path;
    request.from.kind = ReadFrom::Kind::kTail;
    return request;
  }

  // Responders that outlive the live readers.
  RecordingResponder& NewReply() { return replies_.emplace_back(); }
  std::deque<RecordingResponder>& NewReplies(size_t count) {
    for (size_t i = 0; i < count; ++i) NewReply();
    return replies_;
  }

  void AdvanceMs(int64_t ms) { executor_.AdvanceMs(ms); }
  void RunAll() { executor_.RunAll(); }

  uint64_t cursor() const {
    return CurrentCursor({context_.options.cursor_interval_s, context_.options.cursor_epoch_ms},
                         clock_.WallMs());
  }

  LiveReaders& live() { return *live_; }
  void EndLive() { live_.reset(); }
  const RouterContext& context() const { return context_; }
  Engine& engine() { return *engine_; }
  ManualClock& clock() { return clock_; }

 private:
  std::deque<RecordingResponder> replies_;
  ManualClock clock_;
  EnginePtr engine_;
  ManualExecutor executor_;
  std::unique_ptr<Port> port_;
  BackgroundAnswers background_;
  CompressedPages compressed_;
  SharedAnswers compressing_;
  RoomWaits room_waits_;
  RouterContext context_;
  std::optional<LiveReaders> live_;
};

}  // namespace thalweg
