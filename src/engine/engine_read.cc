// Reads: a bounded page of what is durable. What is in memory is read under the stream's lock; what
// a stream inherited, or a segment has, is read after that (history.h).
#include <algorithm>
#include <mutex>
#include <utility>

#include "engine/engine_access.h"
#include "engine/history.h"

namespace thalweg {
namespace {

ReadVerdict VerdictOf(const StreamHandle& stream) {
  if (stream == nullptr || stream->gone) return ReadVerdict::kMissing;
  return stream->state.soft_deleted ? ReadVerdict::kSoftDeleted : ReadVerdict::kOk;
}

void RestAlsoOn(Lsn lsn, Lsn& rests_on) { rests_on = std::max(rests_on, lsn); }

Offset Resolve(ReadFrom from, Offset tail) {
  if (from.kind == ReadFrom::Kind::kStart) return Offset{0};
  return from.kind == ReadFrom::Kind::kTail ? tail : from.offset;
}

// A read between its two steps.
struct Reading {
  ReadOutcome outcome;
  Mark shown;             // what stood there when it began
  bool deferred = false;  // the page begins before what is in memory, and is not filled yet
};

// REQUIRES: the stream's partition is locked.
Reading Begin(const StreamHandle& stream, Lsn rests_on, Lsn durable, ReadFrom from,
              const PageRequest& request) {
  Reading reading;
  ReadOutcome& outcome = reading.outcome;
  outcome = {.verdict = VerdictOf(stream), .stream = nullptr, .page = {}, .rests_on = rests_on};
  if (outcome.verdict != ReadVerdict::kOk) return reading;
  reading.shown = stream->visible.At(durable);
  outcome.rests_on = reading.shown.lsn;
  outcome.page.start = Resolve(from, reading.shown.tail);
  if (outcome.page.start > reading.shown.tail) {
    outcome.verdict = ReadVerdict::kBeyondTail;
    return reading;
  }
  outcome.stream = stream;
  reading.deferred = outcome.page.start < stream->own.start();
  if (reading.deferred) return reading;
  if (!request.from_inside && !stream->own.IsBoundary(outcome.page.start)) {
    outcome.verdict = ReadVerdict::kNotABoundary;
    outcome.stream = nullptr;
    return reading;
  }
  Page& page = outcome.page;
  const auto collected = stream->own.Collect(page.start, reading.shown.tail,
                                             {request.bytes_max, request.part_bytes_max},
                                             page.parts, request.with_ends ? &page.ends : nullptr);
  page.end = collected.end;
  page.ends_inside = collected.ends_inside;
  return reading;
}

ReadOutcome Refused(ReadVerdict verdict, Lsn rests_on) {
  return {.verdict = verdict, .stream = nullptr, .page = {}, .rests_on = rests_on};
}

// The second step; null: the chain changed meanwhile, begin again. THREAD: takes locks.
StorageResult<std::optional<ReadOutcome>> Complete(const StreamStore* store, Reading reading,
                                                   const PageRequest& request) {
  ReadOutcome& outcome = reading.outcome;
  if (outcome.verdict != ReadVerdict::kOk) return outcome;
  Page& page = outcome.page;
  if (reading.deferred) {
    const auto read = ReadHistory(store, outcome.stream, reading.shown.tail, request, page);
    if (!read) return std::unexpected(read.error());
    if (*read == HistoryVerdict::kVanished) return std::nullopt;
    if (*read == HistoryVerdict::kNotABoundary) {
      return Refused(ReadVerdict::kNotABoundary, outcome.rests_on);
    }
  }
  page.tail = reading.shown.tail;
  page.tail_closed = reading.shown.closed;
  page.at_tail = page.end == page.tail;
  page.closed = page.at_tail && page.tail_closed;
  return std::move(outcome);
}

}  // namespace

ReadVerdict Engine::VerdictOn(std::string_view path, const StorageFault& fault) {
  if (fault.kind == StorageFault::Kind::kWouldWait) return ReadVerdict::kWouldWait;
  TellUnreadable(path, fault);
  return ReadVerdict::kUnreadable;
}

ReadOutcome Engine::Read(std::string_view path, ReadFrom from, const PageRequest& request) {
  if (!request.may_wait && FindMayWait(path)) return Refused(ReadVerdict::kWouldWait, {});
  const PathKey key(path);
  for (;;) {
    Reading reading;
    const auto begin = [&](Partition& partition, const StreamHandle& stream, Moment now,
                           Aftermath& after) {
      const Lsn rests_on = streams_->RestsOn(partition, key, stream);
      reading = Begin(stream, rests_on, durable(), from, request);
      if (request.is_use && VerdictOf(stream) == ReadVerdict::kOk) {
        RestAlsoOn(streams_->Use(stream, now, after), reading.outcome.rests_on);
      }
    };
    if (!WithStream(key, begin)) return Refused(ReadVerdict::kUnreadable, {});
    auto outcome = Complete(store_.streams.get(), std::move(reading), request);
    if (!outcome) return Refused(VerdictOn(path, outcome.error()), {});
    if (*outcome) return **std::move(outcome);
  }
}

// Who follows a stream watches it, and its use goes on: news do not wait until it is noted.
ReadOutcome Engine::Read(const StreamHandle& stream, Offset from, const PageRequest& request) {
  const ReadFrom begin{.kind = ReadFrom::Kind::kOffset, .offset = from};
  for (;;) {
    const Moment now = streams_->Now();
    Aftermath after;
    Reading reading;
    {
      std::lock_guard lock(stream->home.mutex);
      streams_->ExpireIfDue(stream, now, after);
      reading = Begin(stream, stream->last, durable(), begin, request);
      if (request.is_use && VerdictOf(stream) == ReadVerdict::kOk) {
        streams_->Use(stream, now, after);
      }
    }
    streams_->Finish(after);
    auto outcome = Complete(store_.streams.get(), std::move(reading), request);
    if (!outcome) return Refused(VerdictOn(stream->state.path, outcome.error()), {});
    if (*outcome) return **std::move(outcome);
  }
}

DescribeOutcome Engine::Describe(std::string_view path) { return DescribeOrTouch(path, false); }

DescribeOutcome Engine::Touch(std::string_view path) { return DescribeOrTouch(path, true); }

DescribeOutcome Engine::DescribeOrTouch(std::string_view path, bool is_use) {
  const PathKey key(path);
  DescribeOutcome outcome;
  const auto describe = [&](Partition& partition, const StreamHandle& stream, Moment now,
                            Aftermath& after) {
    outcome.verdict = VerdictOf(stream);
    outcome.rests_on = streams_->RestsOn(partition, key, stream);
    if (outcome.verdict != ReadVerdict::kOk) return;
    const Mark& shown = stream->visible.At(durable());
    outcome.stream = stream;
    outcome.tail = shown.tail;
    outcome.closed = shown.closed;
    outcome.rests_on = shown.lsn;
    if (is_use) RestAlsoOn(streams_->Use(stream, now, after), outcome.rests_on);
  };
  if (!WithStream(key, describe)) outcome.verdict = ReadVerdict::kUnreadable;
  return outcome;
}

InspectOutcome Engine::Inspect(std::string_view path) {
  const PathKey key(path);
  InspectOutcome outcome;
  const auto inspect = [&](Partition& partition, const StreamHandle& stream, Moment now,
                           Aftermath&) {
    outcome.verdict = VerdictOf(stream);
    outcome.rests_on = streams_->RestsOn(partition, key, stream);
    if (outcome.verdict == ReadVerdict::kMissing) return;
    const Mark& shown = stream->visible.At(durable());
    outcome.state = stream->state;
    outcome.state.tail = shown.tail;
    outcome.state.closed = shown.closed;
    if (!shown.closed) outcome.state.closed_by = {};
    outcome.idle_ms = std::max<int64_t>(now.steady_ms - stream->used_steady_ms, 0);
    if (outcome.verdict == ReadVerdict::kOk) outcome.rests_on = shown.lsn;
  };
  if (!WithStream(key, inspect)) outcome.verdict = ReadVerdict::kUnreadable;
  return outcome;
}

}  // namespace thalweg
