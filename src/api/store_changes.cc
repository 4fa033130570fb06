// The changes: create, append, close, remove, clear.
#include <algorithm>
#include <expected>
#include <string>
#include <utility>

#include "api/store_commands.h"
#include "api/store_errors.h"
#include "http/create_with_body.h"
#include "http/decode.h"
#include "stream/content_type.h"

namespace thalweg {
namespace {

template <typename T>
using Checked = std::expected<T, StoreError>;

// What a stream keeps of a caller's texts. Types go into header fields, all of them into the log.
Checked<void> CheckText(std::string_view name, std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return Refuse(StoreErrc::kBadArgument, std::string(name) + " is longer than " +
                                               std::to_string(kTextBytesMax) + " bytes.");
  }
  if (std::ranges::any_of(text, [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; })) {
    return Refuse(StoreErrc::kBadArgument, std::string(name) + " is not a header's value.");
  }
  return {};
}

Checked<void> CheckData(std::string_view data, const std::optional<std::string>& content_type) {
  if (data.size() > kAppendBytesMax) {
    return Refuse(StoreErrc::kBadArgument, "One append takes at most 64 MiB.");
  }
  return content_type ? CheckText("content_type", *content_type) : Checked<void>();
}

Checked<Expiry> ExpiryOf(const CreateOptions& options) {
  Expiry expiry;
  if (options.ttl_s && options.expires_at) {
    return Refuse(StoreErrc::kBadArgument, "ttl_s and expires_at exclude each other.");
  }
  if (options.ttl_s) {
    if (*options.ttl_s > kTtlSecondsMax) {
      return Refuse(StoreErrc::kBadArgument, "ttl_s is at most 2^53-1.");
    }
    expiry.kind = Expiry::Kind::kTtl;
    expiry.ttl_s = *options.ttl_s;
  }
  if (options.expires_at) {
    if (const auto checked = CheckText("expires_at", *options.expires_at); !checked) {
      return std::unexpected(checked.error());
    }
    const auto at = ParseRfc3339(*options.expires_at);
    if (!at) return Refuse(StoreErrc::kBadArgument, "expires_at is not an RFC 3339 date and time.");
    expiry.kind = Expiry::Kind::kAt;
    expiry.at_ms = *at;
    expiry.at_text = *options.expires_at;
  }
  return expiry;
}

Checked<ForkPoint> ForkPointOf(const CreateOptions& options) {
  ForkPoint point;
  if (!options.forked_from && (options.fork_offset || options.fork_sub_offset != 0)) {
    return Refuse(StoreErrc::kBadArgument, "A fork's offset needs forked_from.");
  }
  point.sub_offset = options.fork_sub_offset;
  if (!options.fork_offset) return point;
  point.at = ParseOffset(*options.fork_offset);
  if (!point.at) return Refuse(StoreErrc::kBadArgument, "fork_offset is not an offset.");
  return point;
}

// Borrows from `options` and from the two storages.
Checked<CreateCommand> CommandOf(std::string_view path, const CreateOptions& options,
                                 std::string& key_storage, std::string& source_storage) {
  if (auto checked = CheckData(options.initial_data, options.content_type); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  auto key = KeyOf(path, key_storage);
  if (!key) return std::unexpected(std::move(key.error()));
  auto expiry = ExpiryOf(options);
  if (!expiry) return std::unexpected(std::move(expiry.error()));
  auto point = ForkPointOf(options);
  if (!point) return std::unexpected(std::move(point.error()));
  if (options.content_type && !LooksLikeMediaType(*options.content_type)) {
    return Refuse(StoreErrc::kBadArgument, "content_type is not type/subtype.");
  }
  CreateCommand command;
  command.path = *key;
  if (options.content_type) command.content_type = *options.content_type;
  command.expiry = *std::move(expiry);
  command.closed = options.closed;
  if (!options.forked_from) return command;
  auto source = KeyOf(*options.forked_from, source_storage);
  if (!source) return std::unexpected(std::move(source.error()));
  command.fork_source = *source;
  command.fork = *point;
  return command;
}

StoreResult<CreateResult> ResultOf(const CreateOutcome& outcome, std::string_view json_error) {
  if (outcome.trouble != Trouble::kNone) return Refuse(outcome.trouble);
  const bool created = outcome.verdict == CreateVerdict::kCreated;
  if (!created && outcome.verdict != CreateVerdict::kExists) {
    return Refuse(outcome.verdict, json_error);
  }
  return CreateResult{.created = created,
                      .content_type = outcome.content_type,
                      .next_offset = FormatOffset(outcome.tail),
                      .closed = outcome.closed};
}

Checked<void> CheckAppend(std::string_view data, const AppendOptions& options) {
  if (auto checked = CheckData(data, options.content_type); !checked) return checked;
  if (options.stream_seq) {
    if (auto checked = CheckText("stream_seq", *options.stream_seq); !checked) return checked;
  }
  if (!options.producer) return {};
  const Producer& producer = *options.producer;
  if (producer.id.empty()) return Refuse(StoreErrc::kBadArgument, "producer.id is empty.");
  if (auto checked = CheckText("producer.id", producer.id); !checked) return checked;
  if (producer.epoch > kProducerNumberMax || producer.seq > kProducerNumberMax) {
    return Refuse(StoreErrc::kBadArgument, "A producer's numbers are at most 2^53-1.");
  }
  return {};
}

std::optional<AppendResult::Kind> KindOf(AppendVerdict verdict) {
  switch (verdict) {
    case AppendVerdict::kAppended: return AppendResult::Kind::kAppended;
    case AppendVerdict::kDuplicate: return AppendResult::Kind::kDuplicate;
    case AppendVerdict::kClosed: return AppendResult::Kind::kClosed;
    case AppendVerdict::kAlreadyClosed: return AppendResult::Kind::kAlreadyClosed;
    default: return std::nullopt;
  }
}

Pending<AppendResult> PendingOf(const AppendOutcome& outcome, JsonTold json) {
  if (outcome.trouble != Trouble::kNone) return {Refuse(outcome.trouble), {}};
  const std::optional<AppendResult::Kind> kind = KindOf(outcome.verdict);
  if (!kind) return {Refuse(outcome, json.error), outcome.rests_on};
  return {AppendResult{.kind = *kind,
                       .next_offset = FormatOffset(outcome.tail),
                       .closed = outcome.closed,
                       .producer_epoch = outcome.producer_epoch,
                       .producer_seq = outcome.producer_seq,
                       .json = std::move(json.appended)},
          outcome.rests_on};
}

}  // namespace

Pending<CreateResult> StoreCommands::Create(std::string_view path,
                                            const CreateOptions& options) const {
  std::string key, source;
  auto command = CommandOf(path, options, key, source);
  if (!command) return {std::unexpected(std::move(command.error())), {}};
  Body body;
  const CreateOutcome outcome =
      CreateWithBody(engine_, *std::move(command), options.initial_data, CommitStart::kNow, body);
  return {ResultOf(outcome, body.error), outcome.rests_on};
}

AppendOutcome StoreCommands::AppendAs(std::string_view key, std::string_view content_type,
                                      std::string_view data, const AppendOptions& options,
                                      JsonTold& json) const {
  AppendCommand command;
  command.content_type = content_type;
  if (options.producer) {
    command.producer = ProducerStamp{
        .id = options.producer->id, .epoch = options.producer->epoch, .seq = options.producer->seq};
  }
  command.stream_seq = options.stream_seq;
  command.close = options.close;
  Body body;
  DecodeBody(data, thalweg::KindOf(content_type) == ContentKind::kJson, body);
  command.payload = body.payload;
  const AppendOutcome outcome = engine_.Append(key, command);
  json.error = std::move(body.error);
  if (body.payload.is_json && outcome.verdict == AppendVerdict::kAppended) {
    json.appended = Bytes::Own(std::move(body.split.bytes));
  }
  return outcome;
}

Pending<AppendResult> StoreCommands::Append(std::string_view path, std::string_view data,
                                            const AppendOptions& options) const {
  std::string storage;
  const auto key = KeyOf(path, storage);
  if (!key) return {std::unexpected(key.error()), {}};
  if (auto checked = CheckAppend(data, options); !checked) {
    return {std::unexpected(std::move(checked.error())), {}};
  }
  JsonTold json;
  if (options.content_type || data.empty()) {
    const std::string_view type = options.content_type ? *options.content_type : std::string_view();
    const AppendOutcome outcome = AppendAs(*key, type, data, options, json);
    return PendingOf(outcome, std::move(json));
  }
  for (;;) {
    const DescribeOutcome seen = engine_.Describe(*key);
    if (seen.verdict != ReadVerdict::kOk) return {Refuse(seen.verdict), seen.rests_on};
    const AppendOutcome outcome =
        AppendAs(*key, Engine::Info(seen.stream).config.content_type, data, options, json);
    // Else another stream has come to the path meanwhile.
    if (outcome.verdict != AppendVerdict::kContentTypeMismatch) {
      return PendingOf(outcome, std::move(json));
    }
  }
}

Pending<bool> StoreCommands::Remove(std::string_view path) const {
  std::string storage;
  const auto key = KeyOf(path, storage);
  if (!key) return {std::unexpected(key.error()), {}};
  const RemoveOutcome outcome = engine_.Remove(*key);
  if (outcome.trouble != Trouble::kNone) return {Refuse(outcome.trouble), {}};
  if (outcome.verdict == RemoveVerdict::kSoftDeleted) {
    return {Refuse(StoreErrc::kGone), outcome.rests_on};
  }
  return {outcome.verdict == RemoveVerdict::kRemoved, outcome.rests_on};
}

// A stream that cannot be removed holds up no other.
Pending<void> StoreCommands::Clear() const {
  const ListOutcome listed = engine_.List({}, {}, SIZE_MAX);
  if (listed.trouble != Trouble::kNone) return {Refuse(listed.trouble), {}};
  Pending<void> cleared{{}, listed.rests_on};
  for (const std::string& path : listed.paths) {
    const RemoveOutcome removed = engine_.Remove(path);
    if (removed.trouble != Trouble::kNone) {
      cleared.result = Refuse(removed.trouble);
    } else {
      cleared.rests_on = std::max(cleared.rests_on, removed.rests_on);
    }
  }
  return cleared;
}

}  // namespace thalweg
