// What tells of streams and changes nothing but when they were used last.
#include <algorithm>
#include <string>
#include <utility>

#include "api/store_commands.h"
#include "api/store_errors.h"
#include "http/query.h"
#include "http/target.h"

namespace thalweg {
namespace {

constexpr size_t kWaitBytesMax = 4u << 20;  // of one answer, as a read has

constexpr std::string_view kNotAnOffset =
    "An offset is \"-1\", \"now\", or as the store has given it.";

// One for each append; a part of a page holds whole ones.
std::vector<Message> MessagesOf(const Page& page) {
  std::vector<Message> messages;
  messages.reserve(page.ends.size());
  auto end = page.ends.begin();
  Offset begin = page.start;
  for (const Bytes& part : page.parts) {
    const Offset part_begin = begin;
    for (; end != page.ends.end() && end->value <= part_begin.value + part.size(); ++end) {
      messages.push_back(
          {.data = part.Slice(begin.value - part_begin.value, end->value - begin.value),
           .offset = FormatOffset(*end)});
      begin = *end;
    }
  }
  return messages;
}

// Of messages that a wait was for.
StoreCommands::Look FoundIn(ReadOutcome outcome) {
  StoreCommands::Look look{.found = std::nullopt, .rests_on = outcome.rests_on};
  if (outcome.verdict != ReadVerdict::kOk) {
    look.found = Refuse(outcome.verdict);
  } else if (outcome.page.size() != 0 || outcome.page.closed) {
    look.found = WaitResult{.read = ResultOf(std::move(outcome)), .timed_out = false};
  }
  return look;
}

template <typename T>
std::optional<T> OptionalOf(const Boxed<T>& boxed) {
  return boxed ? std::optional<T>(*boxed) : std::nullopt;
}

void DescribeFork(const StreamState& state, StreamDescription& told) {
  const RequestedConfig& requested = state.config->requested;
  if (requested.fork_source.empty()) return;
  told.forked_from = ToldKey(requested.fork_source);
  told.fork_offset = FormatOffset(state.start);
  told.fork_sub_offset = requested.fork_sub_offset;
}

void DescribeExpiry(const Expiry& expiry, StreamDescription& told) {
  if (expiry.kind == Expiry::Kind::kTtl) told.ttl_s = expiry.ttl_s;
  if (expiry.kind == Expiry::Kind::kAt) told.expires_at = expiry.at_text;
}

StreamDescription DescriptionOf(const InspectOutcome& outcome, const Clock& clock) {
  const StreamState& state = outcome.state;
  StreamDescription told;
  told.path = ToldKey(state.path);
  told.content_type = state.config->content_type;
  told.current_offset = FormatOffset(state.tail);
  told.closed = state.closed;
  told.soft_deleted = outcome.verdict == ReadVerdict::kSoftDeleted;
  told.created_at_ms = state.created_wall_ms;
  told.used_at_ms = std::max(clock.WallMs() - outcome.idle_ms, told.created_at_ms);
  told.last_stream_seq = OptionalOf(state.seq_last);
  told.forks = state.forks;
  DescribeExpiry(state.config->expiry, told);
  DescribeFork(state, told);
  for (const auto& [id, last] : state.producers.states()) {
    told.producers.push_back({.id = id, .epoch = last.epoch, .seq = last.seq_last});
  }
  if (state.closed_by) {
    told.closed_by = Producer{.id = state.closed_by->producer_id,
                              .epoch = state.closed_by->epoch,
                              .seq = state.closed_by->seq};
  }
  return told;
}

}  // namespace

ReadResult ResultOf(ReadOutcome outcome) {
  return {.messages = MessagesOf(outcome.page),
          .next_offset = FormatOffset(outcome.page.end),
          .up_to_date = outcome.page.at_tail,
          .closed = outcome.page.closed,
          .content_type = Engine::Info(outcome.stream).config.content_type};
}

Pending<ReadResult> StoreCommands::Read(std::string_view path, const ReadOptions& options) const {
  std::string storage;
  const auto key = KeyOf(path, storage);
  if (!key) return {std::unexpected(key.error()), {}};
  const auto from = ParseReadFrom(options.offset);
  if (!from) return {Refuse(StoreErrc::kBadArgument, kNotAnOffset), {}};
  ReadOutcome outcome = engine_.Read(
      *key, *from,
      PageRequest{.bytes_max = options.bytes_max, .with_ends = true, .is_use = options.touch});
  const Lsn rests_on = outcome.rests_on;
  if (outcome.verdict != ReadVerdict::kOk) return {Refuse(outcome.verdict), rests_on};
  return {ResultOf(std::move(outcome)), rests_on};
}

StoreCommands::FirstLook StoreCommands::LookForMessages(std::string_view path,
                                                        std::string_view offset) const {
  std::string storage;
  const auto key = KeyOf(path, storage);
  if (!key) return {.found = Pending<WaitResult>{std::unexpected(key.error()), {}}};
  const auto from = ParseReadFrom(offset);
  if (!from)
    return {.found = Pending<WaitResult>{Refuse(StoreErrc::kBadArgument, kNotAnOffset), {}}};
  ReadOutcome outcome =
      engine_.Read(*key, *from, PageRequest{.bytes_max = kWaitBytesMax, .with_ends = true});
  FirstLook first{.found = std::nullopt, .stream = outcome.stream, .at = outcome.page.end};
  Look look = FoundIn(std::move(outcome));
  if (look.found) first.found = {*std::move(look.found), look.rests_on};
  return first;
}

StoreCommands::Look StoreCommands::LookAgain(const StreamHandle& stream, Offset at) const {
  return FoundIn(
      engine_.Read(stream, at, PageRequest{.bytes_max = kWaitBytesMax, .with_ends = true}));
}

Pending<StreamDescription> StoreCommands::Get(std::string_view path) const {
  std::string storage;
  const auto key = KeyOf(path, storage);
  if (!key) return {std::unexpected(key.error()), {}};
  const InspectOutcome outcome = engine_.Inspect(*key);
  const bool is_there =
      outcome.verdict == ReadVerdict::kOk || outcome.verdict == ReadVerdict::kSoftDeleted;
  if (!is_there) return {Refuse(outcome.verdict), outcome.rests_on};
  return {DescriptionOf(outcome, clock_), outcome.rests_on};
}

Pending<std::string> StoreCommands::CurrentOffset(std::string_view path) const {
  std::string storage;
  const auto key = KeyOf(path, storage);
  if (!key) return {std::unexpected(key.error()), {}};
  const DescribeOutcome outcome = engine_.Describe(*key);
  if (outcome.verdict != ReadVerdict::kOk) return {Refuse(outcome.verdict), outcome.rests_on};
  return {FormatOffset(outcome.tail), outcome.rests_on};
}

Pending<void> StoreCommands::Touch(std::string_view path) const {
  std::string storage;
  const auto key = KeyOf(path, storage);
  if (!key) return {std::unexpected(key.error()), {}};
  const DescribeOutcome outcome = engine_.Touch(*key);
  if (outcome.verdict != ReadVerdict::kOk) return {Refuse(outcome.verdict), outcome.rests_on};
  return {{}, outcome.rests_on};
}

Pending<std::vector<std::string>> StoreCommands::List(std::string_view prefix,
                                                      std::string_view after, size_t limit) const {
  if (prefix.starts_with('/')) prefix.remove_prefix(1);
  if (after.starts_with('/')) after.remove_prefix(1);
  ListOutcome outcome = engine_.List(prefix, after, limit);
  if (outcome.trouble != Trouble::kNone) return {Refuse(outcome.trouble), {}};
  for (std::string& path : outcome.paths) path = ToldKey(std::move(path));
  return {std::move(outcome.paths), outcome.rests_on};
}

}  // namespace thalweg
