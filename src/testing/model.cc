#include "testing/model.h"

#include <algorithm>

#include "base/assert.h"

namespace thalweg {
namespace {

bool HasBody(const Payload& payload) {
  return !payload.wire.empty() || payload.fault != Payload::Fault::kNone;
}

std::string TextOf(const ProducerStamp& stamp) {
  return std::string(stamp.id) + ' ' + std::to_string(stamp.epoch) + ' ' +
         std::to_string(stamp.seq);
}

// Where each value of a JSON append ends, found by counting brackets.
std::vector<size_t> ValueEnds(const std::string& append) {
  std::vector<size_t> ends;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < append.size(); ++i) {
    if (append[i] == '"' && (i == 0 || append[i - 1] != '\\')) in_string = !in_string;
    if (in_string) continue;
    if (append[i] == '[' || append[i] == '{') ++depth;
    if (append[i] == ']' || append[i] == '}') --depth;
    if (append[i] == ',' && depth == 0) ends.push_back(i + 1);
  }
  return ends;
}

// The bytes of `sub_offset` in the append it counts in; null: it holds fewer.
std::optional<size_t> PrefixBytes(const std::string& append, uint64_t sub_offset, bool is_json) {
  if (!is_json) return sub_offset <= append.size() ? std::optional(sub_offset) : std::nullopt;
  const std::vector<size_t> ends = ValueEnds(append);
  if (sub_offset > ends.size()) return std::nullopt;
  return sub_offset == 0 ? 0 : ends[sub_offset - 1];
}

bool TimeIsOver(const Expiry& expiry, int64_t used_ms, Moment now) {
  if (expiry.kind == Expiry::Kind::kAt) return now.wall_ms >= expiry.at_ms;
  if (expiry.kind == Expiry::Kind::kNever) return false;
  return now.steady_ms - used_ms >= static_cast<int64_t>(expiry.ttl_s) * 1000;
}

bool SameExpiry(const Expiry& a, const Expiry& b) {
  return a.kind == b.kind && a.ttl_s == b.ttl_s && a.at_ms == b.at_ms;
}

}  // namespace

uint64_t Model::Stream::tail() const {
  uint64_t bytes = 0;
  for (const Piece& append : appends) bytes += append.text.size();
  return bytes;
}

std::optional<size_t> Model::Stream::AppendsBefore(uint64_t at) const {
  uint64_t end = 0;
  for (size_t i = 0;; ++i) {
    if (end == at) return i;
    if (i == appends.size()) return std::nullopt;
    end += appends[i].text.size();
  }
}

Model::Stream* Model::Find(std::string_view path, Moment now) {
  auto it = by_path_.find(path);
  if (it == by_path_.end()) return nullptr;
  Stream& stream = it->second;
  if (ending_ == Ending::kByWord || stream.soft_deleted) return &stream;
  if (!TimeIsOver(stream.expiry, stream.used_ms, now)) return &stream;
  Take(stream, {});
  it = by_path_.find(path);
  return it == by_path_.end() ? nullptr : &it->second;
}

// Deletes `stream`, or hides it while forks read from it.
void Model::Take(Stream& stream, Lsn lsn) {
  if (!stream.soft_deleted) stream.last = lsn;
  stream.soft_deleted = true;
  if (stream.forks > 0) return;
  if (stream.source != nullptr) orphaned_.push_back(stream.source);
  vanished_[stream.path] = lsn;
  by_path_.erase(by_path_.find(stream.path));
}

void Model::ReleaseOrphaned(Lsn lsn) {
  while (!orphaned_.empty()) {
    Stream& source = *orphaned_.back();
    orphaned_.pop_back();
    THALWEG_ASSERT(source.forks > 0);
    --source.forks;
    if (source.soft_deleted) Take(source, lsn);
  }
}

CreateVerdict Model::JudgeExisting(const Stream& stream, const Stream* source,
                                   const CreateCommand& command) {
  if (stream.soft_deleted) return CreateVerdict::kPathSoftDeleted;
  const bool is_fork = command.fork_source.has_value();
  const std::string_view type =
      command.content_type.value_or(is_fork ? std::string_view(stream.type) : kDefaultContentType);
  const bool same_fork =
      stream.fork_source == command.fork_source.value_or("") &&
      (!is_fork ||
       (stream.fork_sub_offset == command.fork.sub_offset &&
        (command.fork.at ? stream.fork_at == command.fork.at->value
                         : !stream.fork_at_was_named ||
                               (source != nullptr && source->tail() == stream.fork_at))));
  const bool same_expiry = SameExpiry(command.expiry, stream.expiry_requested) ||
                           SameExpiry(command.expiry, stream.expiry);
  if (type != stream.type || !same_fork || !same_expiry) return CreateVerdict::kConfigMismatch;
  return stream.closed == command.closed ? CreateVerdict::kExists : CreateVerdict::kClosureMismatch;
}

CreateVerdict Model::JudgeFork(const Stream* source, const CreateCommand& command) {
  if (source == nullptr) return CreateVerdict::kSourceMissing;
  if (source->soft_deleted) return CreateVerdict::kSourceSoftDeleted;
  if (command.content_type && *command.content_type != source->type) {
    return CreateVerdict::kContentTypeMismatch;
  }
  const uint64_t at = command.fork.at.value_or(Offset{source->tail()}).value;
  if (at > source->tail()) return CreateVerdict::kForkBeyondTail;
  const std::optional<size_t> before = source->AppendsBefore(at);
  if (!before) return CreateVerdict::kForkNotOnBoundary;
  if (command.fork.sub_offset == 0) return CreateVerdict::kCreated;
  const bool fits =
      *before < source->appends.size() &&
      PrefixBytes(source->appends[*before].text, command.fork.sub_offset, source->is_json());
  return fits ? CreateVerdict::kCreated : CreateVerdict::kSubOffsetTooLarge;
}

CreateVerdict Model::Decide(const Stream* existing, Stream* source, const CreateCommand& command) {
  if (existing != nullptr) return JudgeExisting(*existing, source, command);
  if (command.fork_source) {
    const CreateVerdict verdict = JudgeFork(source, command);
    if (verdict != CreateVerdict::kCreated) return verdict;
  }
  if (!HasBody(command.payload)) return CreateVerdict::kCreated;
  const std::string_view type = command.content_type.value_or(
      source != nullptr ? std::string_view(source->type) : kDefaultContentType);
  if (command.payload.is_json != (type == "application/json")) {
    return CreateVerdict::kContentTypeMismatch;
  }
  return command.payload.fault == Payload::Fault::kBadJson ? CreateVerdict::kBadJson
                                                           : CreateVerdict::kCreated;
}

Model::Stream& Model::Add(Stream* source, const CreateCommand& command, Lsn lsn) {
  Stream& stream = by_path_[std::string(command.path)];
  stream.path = command.path;
  stream.type = command.content_type.value_or(kDefaultContentType);
  stream.expiry_requested = stream.expiry = command.expiry;
  stream.closed = command.closed;
  stream.used_ms = command.now.steady_ms;
  stream.created = stream.last = lsn;
  if (source != nullptr) {
    ++source->forks;
    stream.source = source;
    stream.fork_source = *command.fork_source;
    stream.fork_at = command.fork.at ? command.fork.at->value : source->tail();
    stream.fork_at_was_named = command.fork.at.has_value();
    stream.fork_sub_offset = command.fork.sub_offset;
    stream.type = source->type;
    if (command.expiry.kind == Expiry::Kind::kNever) stream.expiry = source->expiry;
    Inherit(stream, *source);
  }
  if (!command.payload.wire.empty()) {
    stream.appends.push_back({std::string(command.payload.wire), lsn});
  }
  return stream;
}

void Model::Inherit(Stream& stream, const Stream& source) {
  const size_t before = *source.AppendsBefore(stream.fork_at);
  stream.appends.assign(source.appends.begin(), source.appends.begin() + before);
  if (stream.fork_sub_offset == 0) return;
  const std::string& next = source.appends[before].text;
  const size_t bytes = *PrefixBytes(next, stream.fork_sub_offset, source.is_json());
  stream.appends.push_back({next.substr(0, bytes), stream.created});
}

CreateOutcome Model::Create(const CreateCommand& command, Lsn lsn) {
  // Forks look at their source first: what expires, expires in this order.
  Stream* source = command.fork_source ? Find(*command.fork_source, command.now) : nullptr;
  Stream* stream = Find(command.path, command.now);
  if (command.fork_source && *command.fork_source == command.path) source = stream;
  CreateOutcome outcome;
  outcome.verdict = Decide(stream, source, command);
  if (outcome.verdict == CreateVerdict::kCreated) stream = &Add(source, command, lsn);
  if (stream != nullptr) {
    outcome.content_type = stream->type;
    outcome.tail = Offset{stream->tail()};
    outcome.closed = stream->closed;
  }
  ReleaseOrphaned({});
  outcome.rests_on = RestsOn(command.path);
  if (command.fork_source && outcome.verdict != CreateVerdict::kCreated) {
    outcome.rests_on = std::max(outcome.rests_on, RestsOn(*command.fork_source));
  }
  return outcome;
}

AppendVerdict Model::JudgeProducer(const Stream& stream, const AppendCommand& command) {
  if (!command.producer) return AppendVerdict::kAppended;
  const ProducerStamp& stamp = *command.producer;
  auto it = stream.producers.find(std::string(stamp.id));
  if (it == stream.producers.end()) {
    return stamp.seq == 0 ? AppendVerdict::kAppended : AppendVerdict::kSeqGap;
  }
  const Producer& known = it->second;
  if (stamp.epoch < known.epoch) return AppendVerdict::kStaleEpoch;
  if (stamp.epoch > known.epoch) {
    return stamp.seq == 0 ? AppendVerdict::kAppended : AppendVerdict::kBadEpochStart;
  }
  if (stamp.seq <= known.seq) return AppendVerdict::kDuplicate;
  return stamp.seq == known.seq + 1 ? AppendVerdict::kAppended : AppendVerdict::kSeqGap;
}

AppendVerdict Model::JudgeAppend(const Stream* stream, const AppendCommand& command) {
  if (stream == nullptr) return AppendVerdict::kMissing;
  if (stream->soft_deleted) return AppendVerdict::kSoftDeleted;
  const bool body = HasBody(command.payload);
  if (!body && !command.close) return AppendVerdict::kEmptyBody;
  if (stream->closed) {
    const bool retry = command.producer && stream->closed_by == TextOf(*command.producer);
    const bool close_again = command.close && !body && !command.producer;
    return retry || close_again ? AppendVerdict::kAlreadyClosed : AppendVerdict::kStreamClosed;
  }
  if (!body) {
    const AppendVerdict verdict = JudgeProducer(*stream, command);
    return verdict == AppendVerdict::kAppended ? AppendVerdict::kClosed : verdict;
  }
  if (!command.content_type) return AppendVerdict::kContentTypeMissing;
  if (*command.content_type != stream->type || command.payload.is_json != stream->is_json()) {
    return AppendVerdict::kContentTypeMismatch;
  }
  const AppendVerdict verdict = JudgeProducer(*stream, command);
  if (verdict != AppendVerdict::kAppended) return verdict;
  if (command.stream_seq && stream->seq_last && !(*stream->seq_last < *command.stream_seq)) {
    return AppendVerdict::kStreamSeqRegressed;
  }
  if (command.payload.fault == Payload::Fault::kBadJson) return AppendVerdict::kBadJson;
  if (command.payload.fault == Payload::Fault::kEmptyArray) return AppendVerdict::kEmptyArray;
  return AppendVerdict::kAppended;
}

void Model::Accept(Stream& stream, const AppendCommand& command, Lsn lsn) {
  stream.last = lsn;
  if (!command.payload.wire.empty()) {
    stream.appends.push_back({std::string(command.payload.wire), lsn});
  }
  if (command.producer) {
    stream.producers[std::string(command.producer->id)] = {command.producer->epoch,
                                                           command.producer->seq};
  }
  if (HasBody(command.payload) && command.stream_seq) stream.seq_last = *command.stream_seq;
  if (command.close) stream.closed = true;
  if (command.close && command.producer) stream.closed_by = TextOf(*command.producer);
}

AppendOutcome Model::Append(std::string_view path, const AppendCommand& command, Lsn lsn) {
  Stream* stream = Find(path, command.now);
  AppendOutcome outcome;
  outcome.verdict = JudgeAppend(stream, command);
  const bool accepted =
      outcome.verdict == AppendVerdict::kAppended || outcome.verdict == AppendVerdict::kClosed;
  if (accepted) Accept(*stream, command, lsn);
  if (accepted || outcome.verdict == AppendVerdict::kDuplicate ||
      outcome.verdict == AppendVerdict::kAlreadyClosed) {
    Use(path, command.now);
  }
  if (stream != nullptr) {
    outcome.tail = Offset{stream->tail()};
    outcome.closed = stream->closed;
    if (command.producer) {
      auto it = stream->producers.find(std::string(command.producer->id));
      const bool known = it != stream->producers.end();
      outcome.producer_epoch = known ? it->second.epoch : command.producer->epoch;
      outcome.producer_seq = known ? it->second.seq : command.producer->seq;
      if (outcome.verdict == AppendVerdict::kSeqGap) {
        outcome.producer_seq_expected = known ? it->second.seq + 1 : 0;
      }
    }
  }
  ReleaseOrphaned({});
  outcome.rests_on = RestsOn(path);
  return outcome;
}

RemoveOutcome Model::Remove(std::string_view path, Moment now, Lsn lsn) {
  Stream* stream = Find(path, now);
  RemoveOutcome outcome;
  if (stream == nullptr) {
    outcome.verdict = RemoveVerdict::kMissing;
  } else if (stream->soft_deleted) {
    outcome.verdict = RemoveVerdict::kSoftDeleted;
  } else {
    outcome.verdict = RemoveVerdict::kRemoved;
    Take(*stream, lsn);
  }
  ReleaseOrphaned(lsn);
  outcome.rests_on = RestsOn(path);
  return outcome;
}

ModelPage Model::Read(std::string_view path, ReadFrom from, size_t page_bytes_max, Moment now) {
  Stream* stream = Find(path, now);
  ReleaseOrphaned({});  // of what Find expired; then it found nothing
  ModelPage page;
  if (stream == nullptr) return page;
  page.verdict = ReadVerdict::kSoftDeleted;
  if (stream->soft_deleted) return page;
  Use(path, now);
  const uint64_t tail = stream->tail();
  uint64_t at = from.kind == ReadFrom::Kind::kTail ? tail : from.offset.value;
  if (from.kind == ReadFrom::Kind::kStart) at = 0;
  page.verdict = ReadVerdict::kBeyondTail;
  if (at > tail) return page;
  const std::optional<size_t> before = stream->AppendsBefore(at);
  page.verdict = ReadVerdict::kNotABoundary;
  if (!before) return page;
  page.verdict = ReadVerdict::kOk;
  for (size_t i = *before; i < stream->appends.size(); ++i) {
    const std::string& append = stream->appends[i].text;
    if (!page.text.empty() && page.text.size() + append.size() > page_bytes_max) break;
    page.text += append;
  }
  page.end = at + page.text.size();
  page.at_tail = page.end == tail;
  page.closed = page.at_tail && stream->closed;
  return page;
}

ModelPage Model::Describe(std::string_view path, Moment now) {
  auto it = by_path_.find(path);
  const int64_t used_ms = it == by_path_.end() ? 0 : it->second.used_ms;
  ModelPage page = Read(path, {.kind = ReadFrom::Kind::kTail, .offset = {}}, 0, now);
  if (page.verdict == ReadVerdict::kOk) by_path_.find(path)->second.used_ms = used_ms;
  return page;
}

void Model::ExpireAll(Moment now) {
  std::vector<std::string> paths;
  for (const auto& [path, stream] : by_path_) paths.push_back(path);
  for (const std::string& path : paths) Find(path, now);
  ReleaseOrphaned({});
}

void Model::Expire(std::string_view path, Lsn lsn) {
  Take(by_path_.find(path)->second, lsn);
  ReleaseOrphaned(lsn);
}

void Model::Use(std::string_view path, Moment now) {
  const auto it = by_path_.find(path);
  if (it != by_path_.end()) it->second.used_ms = std::max(it->second.used_ms, now.steady_ms);
}

bool Model::IsDue(std::string_view path, Moment now, int late_eighths) const {
  const Stream* const stream = At(path);
  if (stream == nullptr || stream->soft_deleted) return false;
  const int64_t late_ms = static_cast<int64_t>(stream->expiry.ttl_s) * 1000 * late_eighths / 8;
  return TimeIsOver(stream->expiry, stream->used_ms + late_ms, now);
}

const Model::Stream* Model::At(std::string_view path) const {
  const auto it = by_path_.find(path);
  return it == by_path_.end() ? nullptr : &it->second;
}

ReadVerdict Model::Stands(std::string_view path) const {
  const Stream* const stream = At(path);
  if (stream == nullptr) return ReadVerdict::kMissing;
  return stream->soft_deleted ? ReadVerdict::kSoftDeleted : ReadVerdict::kOk;
}

Lsn Model::RestsOn(std::string_view path) const {
  const Stream* const stream = At(path);
  if (stream != nullptr) return stream->last;
  const auto it = vanished_.find(path);
  return it == vanished_.end() ? Lsn{} : it->second;
}

bool Model::IsJson(std::string_view path) const {
  const Stream* const stream = At(path);
  return stream != nullptr && stream->is_json();
}

bool Model::IsClosed(std::string_view path) const {
  const Stream* const stream = At(path);
  return stream != nullptr && stream->closed;
}

void Model::Clear() {
  by_path_.clear();
  vanished_.clear();
}

std::optional<Lsn> Model::Shows(std::string_view path, uint64_t start, std::string_view text,
                                bool closed) const {
  const Stream* const stream = At(path);
  if (stream == nullptr) return std::nullopt;
  Lsn rests_on = stream->created;
  uint64_t at = 0;
  for (const Piece& append : stream->appends) {
    if (at >= start + text.size()) break;
    rests_on = std::max(rests_on, append.lsn);
    if (at >= start && !text.substr(at - start).starts_with(append.text)) return std::nullopt;
    at += append.text.size();
    if (at > start && at - append.text.size() < start) return std::nullopt;
  }
  if (at != start + text.size()) return std::nullopt;
  if (!closed) return rests_on;
  if (!stream->closed || at != stream->tail()) return std::nullopt;
  return stream->last;
}

std::vector<uint64_t> Model::Boundaries(std::string_view path) const {
  std::vector<uint64_t> ends = {0};
  const Stream* const stream = At(path);
  if (stream == nullptr) return ends;
  for (const Piece& append : stream->appends) ends.push_back(ends.back() + append.text.size());
  return ends;
}

std::vector<ProducerStamp> Model::LastStamps(std::string_view path) const {
  std::vector<ProducerStamp> stamps;
  const Stream* const stream = At(path);
  if (stream == nullptr) return stamps;
  for (const auto& [id, last] : stream->producers) stamps.push_back({id, last.epoch, last.seq});
  return stamps;
}

}  // namespace thalweg
