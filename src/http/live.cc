#include "http/live.h"

#include <utility>

#include "http/live_hub.h"
#include "http/long_answer.h"
#include "http/page_read.h"
#include "http/problem_codes.h"
#include "http/verdict_problem.h"

namespace thalweg {
namespace {

constexpr uint64_t kRetryAfterSeconds = 1;

}  // namespace

LiveReaders::LiveReaders(const RouterContext& context)
    : shared_(context, [this](const StreamEntry* stream) { Sweep(stream); }) {}

LiveReaders::~LiveReaders() = default;

// Looks the stream up; `answer` gets what was found. Problems end here.
template <typename Answer>
void LiveReaders::Begin(LiveRequest request, const PageRequest& page, Responder& responder,
                        Answer answer) {
  const std::string_view path = std::exchange(request.path, {});  // borrowed for this call
  const ReadFrom from = request.from;
  auto tell = [this, request = std::move(request), answer = std::move(answer)](
                  ReadOutcome& outcome, Responder& to) mutable {
    if (outcome.verdict == ReadVerdict::kOk) return answer(request, outcome, to);
    SendProblem(to, Head(shared_.context), ProblemOf(outcome.verdict), {});
  };
  ReadPage(shared_.context, path, from, page, responder, std::move(tell));
}

void LiveReaders::LongPoll(LiveRequest request, Responder& responder) {
  const size_t bytes_max = PageBytesOf(shared_.context.options);
  Begin(std::move(request), {.bytes_max = bytes_max, .files = true}, responder,
        [this](LiveRequest& asked, ReadOutcome& outcome, Responder& to) {
          AnswerLongPoll(asked, outcome, to);
        });
}

void LiveReaders::AnswerLongPoll(LiveRequest& request, ReadOutcome& outcome, Responder& responder) {
  const bool from_now = request.from.kind == ReadFrom::Kind::kTail;
  const AskedFor asked_for = from_now ? AskedFor::kNow : AskedFor::kOffset;
  const Page& page = outcome.page;
  if (page.size() != 0) {
    return SendPage(shared_.context, outcome.stream, std::move(outcome.page), request.conditions,
                    shared_.FirstCursor(request.cursor), asked_for, responder);
  }
  if (page.closed || shared_.shut_down) {
    return SendNothingNew(shared_, page.end, page.closed, request.cursor, responder);
  }
  LiveHub* const hub = HubFor(outcome.stream, responder);
  if (hub == nullptr) return;
  hub->polls().Add(responder, {page.end, asked_for, request.cursor, std::move(request.conditions)});
}

void LiveReaders::Sse(LiveRequest request, Responder& responder) {
  Begin(std::move(request), kSsePage, responder,
        [this](LiveRequest& asked, ReadOutcome& outcome, Responder& to) {
          LiveHub* const hub = HubFor(outcome.stream, to);
          if (hub == nullptr) return;
          hub->sse().Add(to, outcome.page, asked.cursor, asked.conditions.is_authorized);
        });
}

LiveHub* LiveReaders::HubFor(const StreamHandle& stream, Responder& responder) {
  auto it = hubs_.find(stream.get());
  const size_t readers = it == hubs_.end() ? 0 : it->second->readers();
  if (readers >= shared_.context.options.readers_per_stream_max) {
    SendProblem(responder, Head(shared_.context).Add("retry-after", kRetryAfterSeconds),
                kTooManyReaders, {});
    return nullptr;
  }
  if (it == hubs_.end()) {
    it = hubs_.emplace(stream.get(), std::make_unique<LiveHub>(shared_, stream)).first;
  }
  return it->second.get();
}

void LiveReaders::Sweep(const StreamEntry* stream) {
  const auto it = hubs_.find(stream);
  if (it == hubs_.end()) return;
  it->second->Sweep();
  if (it->second->readers() == 0) hubs_.erase(it);
}

void LiveReaders::Shutdown() {
  shared_.shut_down = true;
  for (auto& [stream, hub] : hubs_) hub->Shutdown();
}

RouterStats LiveReaders::Stats() const {
  return {.sse_readers = shared_.sse_readers.value(), .long_polls = shared_.long_polls.value()};
}

}  // namespace thalweg
