// What becomes of a PUT. (protocol 4.2, 5.1)
#include "base/assert.h"
#include "stream/decide.h"

namespace thalweg {
namespace {

CreateDecision Refuse(CreateVerdict verdict) { return {verdict, std::nullopt}; }

// The type the client named; null where it named none that could be kept.
std::optional<std::string_view> NamedType(const CreateCommand& command) {
  if (!command.content_type || !LooksLikeMediaType(*command.content_type)) return std::nullopt;
  return command.content_type;
}

RequestedConfig Requested(const CreateCommand& command) {
  RequestedConfig requested;
  const std::optional<std::string_view> type = NamedType(command);
  requested.expiry = command.expiry;
  if (command.fork_source) {
    if (type) requested.content_type = MediaType(*type);
    requested.fork_source = *command.fork_source;
    requested.fork_at = command.fork.at;
    requested.fork_sub_offset = command.fork.sub_offset;
  } else {
    requested.content_type = type ? MediaType(*type) : std::string(kDefaultContentType);
  }
  return requested;
}

// Only a fork can name no type: it takes whatever its source has, and so what stands there fits.
bool TypeMatches(const StreamState& existing, const RequestedConfig& wanted) {
  return wanted.content_type.empty() ||
         SameMediaType(wanted.content_type, existing.config->content_type);
}

// A fork that inherited its window is also met by naming that window.
bool ExpiryMatches(const StreamState& existing, const RequestedConfig& wanted) {
  const StreamConfig& had = *existing.config;
  return wanted.expiry == had.requested.expiry || wanted.expiry == had.expiry;
}

// One that took its source's tail is also met by naming the offset that this was, and one that
// named it by leaving it out while it is the tail. (protocol 4.2)
bool ForkMatches(const StreamState& existing, const StreamState* source,
                 const RequestedConfig& wanted) {
  const RequestedConfig& had = existing.config->requested;
  if (had.fork_source != wanted.fork_source || had.fork_sub_offset != wanted.fork_sub_offset) {
    return false;
  }
  if (wanted.fork_at == had.fork_at || wanted.fork_at == existing.start) return true;
  return !wanted.fork_at && source != nullptr && source->tail == existing.start;
}

CreateVerdict JudgeExisting(const StreamState& existing, const StreamState* source,
                            const CreateCommand& command) {
  if (existing.soft_deleted) return CreateVerdict::kPathSoftDeleted;
  const RequestedConfig wanted = Requested(command);
  if (!TypeMatches(existing, wanted) || !ExpiryMatches(existing, wanted) ||
      !ForkMatches(existing, source, wanted)) {
    return CreateVerdict::kConfigMismatch;
  }
  return existing.closed == command.closed ? CreateVerdict::kExists
                                           : CreateVerdict::kClosureMismatch;
}

// kCreated where nothing about the fork speaks against it.
CreateVerdict JudgeFork(const StreamState* source, const CreateCommand& command) {
  if (source == nullptr) return CreateVerdict::kSourceMissing;
  if (source->soft_deleted) return CreateVerdict::kSourceSoftDeleted;
  if (command.fork.source_depth >= kForkDepthMax) return CreateVerdict::kForkTooDeep;
  const std::optional<std::string_view> type = NamedType(command);
  if (type && !SameMediaType(*type, source->config->content_type)) {
    return CreateVerdict::kContentTypeMismatch;
  }
  const Offset at = command.fork.at.value_or(source->tail);
  if (at > source->tail) return CreateVerdict::kForkBeyondTail;
  if (!command.fork.at_is_boundary) return CreateVerdict::kForkNotOnBoundary;
  if (command.fork.sub_offset == 0) return CreateVerdict::kCreated;
  const bool fits = at < source->tail && command.fork.sub_offset_fits;
  return fits ? CreateVerdict::kCreated : CreateVerdict::kSubOffsetTooLarge;
}

CreateVerdict JudgeBody(ContentKind kind, const Payload& payload) {
  if (!payload.is_sent()) return CreateVerdict::kCreated;
  if (payload.is_json != (kind == ContentKind::kJson)) return CreateVerdict::kContentTypeMismatch;
  return payload.fault == Payload::Fault::kBadJson ? CreateVerdict::kBadJson
                                                   : CreateVerdict::kCreated;
}

// What a fork takes from its source. (protocol 4.2, the table)
void Inherit(const StreamState& source, const CreateCommand& command, CreateRecord& record) {
  if (!NamedType(command)) record.content_type = source.config->content_type;
  if (command.expiry.kind == Expiry::Kind::kNever) record.expiry = source.config->expiry;
  record.source = source.id;
  record.start = command.fork.at.value_or(source.tail);
  if (command.fork.sub_offset == 0) return;
  THALWEG_ASSERT(!command.fork.prefix.empty());
  record.prefix = command.fork.prefix;
}

CreateRecord Resolve(const StreamState* source, const CreateCommand& command, StreamId id) {
  CreateRecord record;
  record.id = id;
  record.path = command.path;
  record.requested = Requested(command);
  record.content_type = NamedType(command).value_or(kDefaultContentType);
  record.expiry = command.expiry;
  record.data = command.payload.wire;
  record.closed = command.closed;
  record.at = command.now;
  if (command.fork_source) Inherit(*source, command, record);
  return record;
}

}  // namespace

CreateDecision DecideCreate(const StreamState* existing, const StreamState* source,
                            const CreateCommand& command, StreamId id) {
  THALWEG_ASSERT(id != StreamId{});
  if (existing != nullptr) return Refuse(JudgeExisting(*existing, source, command));
  if (command.fork_source) {
    const CreateVerdict fork = JudgeFork(source, command);
    if (fork != CreateVerdict::kCreated) return Refuse(fork);
  }
  CreateRecord record = Resolve(source, command, id);
  const CreateVerdict body = JudgeBody(KindOf(record.content_type), command.payload);
  if (body != CreateVerdict::kCreated) return Refuse(body);
  return {CreateVerdict::kCreated, std::move(record)};
}

}  // namespace thalweg
