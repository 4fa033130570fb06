#include "server/dump_text.h"

#include <variant>

#include "base/ascii.h"
#include "base/assert.h"
#include "http/target.h"
#include "stream/offset.h"

namespace thalweg {
namespace {

std::string Data(const char* what, Offset at, std::string_view bytes) {
  return std::string(" ") + what + " " + std::to_string(bytes.size()) + " bytes at " +
         FormatOffset(at) + " " + Quoted(bytes);
}

std::string ExpiryText(const Expiry& expiry) {
  switch (expiry.kind) {
    case Expiry::Kind::kNever: return "";
    case Expiry::Kind::kTtl: return " ttl " + std::to_string(expiry.ttl_s) + "s";
    case Expiry::Kind::kAt: return " expires " + Quoted(expiry.at_text);
  }
  return "";
}

std::string ForkText(StreamId source, Offset start) {
  if (source == StreamId{}) return "";
  return " fork of stream " + std::to_string(source.value) + " at " + FormatOffset(start);
}

std::string Text(const CreateRecord& record, const RestoredStream* /*before*/) {
  std::string line = "create stream " + std::to_string(record.id.value) + " " +
                     Quoted(ToldKey(std::string(record.path))) + " type " +
                     Quoted(record.content_type) + ExpiryText(record.expiry) +
                     ForkText(record.source, record.start);
  if (!record.prefix.empty()) line += Data("inherits", record.start, record.prefix);
  const Offset at{record.start.value + record.prefix.size()};
  if (!record.data.empty()) line += Data("brings", at, record.data);
  return line + (record.closed ? " closed" : "");
}

std::string Text(const AppendRecord& record, const RestoredStream* before) {
  THALWEG_ASSERT(before != nullptr);
  std::string line = "append to stream " + std::to_string(record.id.value);
  if (record.producer) {
    line += " producer " + Quoted(record.producer->id) + " epoch " +
            std::to_string(record.producer->epoch) + " seq " + std::to_string(record.producer->seq);
  }
  if (record.stream_seq) line += " stream-seq " + Quoted(*record.stream_seq);
  if (!record.data.empty()) line += Data("brings", before->state.tail, record.data);
  return line + (record.closes ? " closes" : "");
}

std::string Text(const RemoveRecord& record, const RestoredStream* /*before*/) {
  const char* cause = record.cause == RemoveCause::kExpired ? " expired" : " deleted";
  return "remove stream " + std::to_string(record.id.value) + cause;
}

std::string Text(const TouchRecord& record, const RestoredStream* /*before*/) {
  return "use of stream " + std::to_string(record.id.value);
}

}  // namespace

std::string Quoted(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      text += c;
      continue;
    }
    text += "\\x";
    AppendHex(static_cast<uint8_t>(c), text);
  }
  return text + '"';
}

std::string StreamLine(const RestoredStream& stream) {
  const StreamState& state = stream.state;
  std::string line = Quoted(ToldKey(state.path)) + " stream " + std::to_string(state.id.value) +
                     " tail " + FormatOffset(state.tail) + " type " +
                     Quoted(state.config->content_type) + " last-record " +
                     std::to_string(stream.last.value) + ExpiryText(state.config->expiry) +
                     ForkText(state.source, state.start);
  if (state.forks > 0) line += " forks " + std::to_string(state.forks);
  if (state.seq_last) line += " stream-seq " + Quoted(*state.seq_last);
  if (state.closed) line += " closed";
  if (state.soft_deleted) line += " deleted-but-forked";
  return line;
}

std::string RecordLine(Lsn lsn, const Record& record, const RestoredStream* stream) {
  return "record " + std::to_string(lsn.value) + " " +
         std::visit([stream](const auto& one) { return Text(one, stream); }, record);
}

std::string StoredLine(StreamId id, Offset at, std::string_view bytes) {
  return "stored of stream " + std::to_string(id.value) + Data("has", at, bytes);
}

}  // namespace thalweg
