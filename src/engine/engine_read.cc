// Reads: a bounded page of what is durable. What a stream owns is read under its lock; what it
// inherited is read along the chain of its sources after that.
#include <mutex>
#include <utility>

#include "engine/engine.h"
#include "engine/history.h"
#include "engine/stream_table.h"

namespace thalweg {
namespace {

ReadVerdict VerdictOf(const StreamHandle& stream) {
  if (stream == nullptr || stream->gone) return ReadVerdict::kMissing;
  return stream->state.soft_deleted ? ReadVerdict::kSoftDeleted : ReadVerdict::kOk;
}

Offset Resolve(ReadFrom from, Offset tail) {
  if (from.kind == ReadFrom::Kind::kStart) return Offset{0};
  return from.kind == ReadFrom::Kind::kTail ? tail : from.offset;
}

// A read between its two steps.
struct Reading {
  ReadOutcome outcome;
  Mark shown;              // what stood there when it began
  bool inherited = false;  // the page begins in a source and is not filled yet
};

// REQUIRES: the stream's partition is locked.
Reading Begin(const StreamHandle& stream, Lsn rests_on, Lsn durable, ReadFrom from,
              size_t page_bytes_max) {
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
  reading.inherited = outcome.page.start < stream->own.start();
  if (reading.inherited) return reading;
  if (!stream->own.IsBoundary(outcome.page.start)) {
    outcome.verdict = ReadVerdict::kNotABoundary;
    outcome.stream = nullptr;
    return reading;
  }
  outcome.page.end = stream->own.Collect(outcome.page.start, reading.shown.tail, page_bytes_max,
                                         outcome.page.parts);
  return reading;
}

// The second step; null: the chain changed meanwhile, begin again. THREAD: takes locks.
std::optional<ReadOutcome> Complete(Reading reading, size_t page_bytes_max) {
  ReadOutcome& outcome = reading.outcome;
  if (outcome.verdict != ReadVerdict::kOk) return outcome;
  Page& page = outcome.page;
  if (reading.inherited) {
    std::optional<Stretch> stretch =
        ReadHistory(outcome.stream, page.start, reading.shown.tail, page_bytes_max);
    if (!stretch) return std::nullopt;
    if (!stretch->boundary) {
      return ReadOutcome{.verdict = ReadVerdict::kNotABoundary,
                         .stream = nullptr,
                         .page = {},
                         .rests_on = outcome.rests_on};
    }
    page.parts = std::move(stretch->parts);
    page.end = stretch->end;
  }
  page.at_tail = page.end == reading.shown.tail;
  page.closed = page.at_tail && reading.shown.closed;
  return std::move(outcome);
}

}  // namespace

ReadOutcome Engine::Read(std::string_view path, ReadFrom from, size_t page_bytes_max) {
  const Moment now = streams_->Now();
  const PathKey key(path);
  Partition& partition = streams_->PartitionOf(key);
  for (;;) {
    Aftermath after;
    Reading reading;
    {
      std::lock_guard lock(partition.mutex);
      const StreamHandle stream = streams_->Find(partition, key, now, after);
      reading = Begin(stream, RestsOn(partition, stream), durable(), from, page_bytes_max);
      if (VerdictOf(stream) == ReadVerdict::kOk) streams_->Use(*stream, now);
    }
    streams_->Finish(after);
    if (auto outcome = Complete(std::move(reading), page_bytes_max)) return *std::move(outcome);
  }
}

ReadOutcome Engine::Read(const StreamHandle& stream, Offset from, size_t page_bytes_max) {
  const Moment now = streams_->Now();
  const ReadFrom begin{.kind = ReadFrom::Kind::kOffset, .offset = from};
  for (;;) {
    Aftermath after;
    Reading reading;
    {
      std::lock_guard lock(stream->home.mutex);
      streams_->ExpireIfDue(stream, now, after);
      reading = Begin(stream, stream->last, durable(), begin, page_bytes_max);
      if (VerdictOf(stream) == ReadVerdict::kOk) streams_->Use(*stream, now);
    }
    streams_->Finish(after);
    if (auto outcome = Complete(std::move(reading), page_bytes_max)) return *std::move(outcome);
  }
}

DescribeOutcome Engine::Describe(std::string_view path) {
  const Moment now = streams_->Now();
  const PathKey key(path);
  Partition& partition = streams_->PartitionOf(key);
  Aftermath after;
  DescribeOutcome outcome;
  {
    std::lock_guard lock(partition.mutex);
    const StreamHandle stream = streams_->Find(partition, key, now, after);
    outcome.verdict = VerdictOf(stream);
    outcome.rests_on = RestsOn(partition, stream);
    if (outcome.verdict == ReadVerdict::kOk) {
      const Mark& shown = stream->visible.At(durable());
      outcome.stream = stream;
      outcome.tail = shown.tail;
      outcome.closed = shown.closed;
      outcome.rests_on = shown.lsn;
    }
  }
  streams_->Finish(after);
  return outcome;
}

}  // namespace thalweg
