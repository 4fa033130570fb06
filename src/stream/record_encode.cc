#include "base/assert.h"
#include "stream/record.h"
#include "stream/record_format.h"
#include "stream/wire_pieces.h"

namespace thalweg {
namespace {

using record_format::Type;

void EncodeFork(const CreateRecord& record, PieceWriter& writer) {
  writer.Text(record.requested.fork_source);
  if (record.requested.fork_at) writer.Number(record.requested.fork_at->value);
  writer.Number(record.requested.fork_sub_offset);
  writer.Number(record.source.value);
  writer.Number(record.start.value);
  writer.Text(record.prefix);
}

void Encode(const CreateRecord& record, PieceWriter& writer) {
  const bool is_fork = record.source != StreamId{};
  uint8_t flags = 0;
  if (record.closed) flags |= record_format::kCreateClosed;
  if (is_fork) flags |= record_format::kCreateFork;
  if (record.requested.fork_at) flags |= record_format::kCreateForkAtSent;
  writer.Byte(static_cast<uint8_t>(Type::kCreate));
  writer.Byte(flags);
  writer.Number(record.id.value);
  writer.Time(record.at);
  writer.Text(record.path);
  writer.Text(record.requested.content_type);
  writer.Ends(record.requested.expiry);
  writer.Text(record.content_type);
  writer.Ends(record.expiry);
  if (is_fork) EncodeFork(record, writer);
  writer.Text(record.data);
}

void Encode(const AppendRecord& record, PieceWriter& writer) {
  uint8_t flags = 0;
  if (record.closes) flags |= record_format::kAppendCloses;
  if (record.producer) flags |= record_format::kAppendProducer;
  if (record.stream_seq) flags |= record_format::kAppendStreamSeq;
  writer.Byte(static_cast<uint8_t>(Type::kAppend));
  writer.Byte(flags);
  writer.Number(record.id.value);
  writer.Time(record.at);
  if (record.producer) {
    writer.Text(record.producer->id);
    writer.Number(record.producer->epoch);
    writer.Number(record.producer->seq);
  }
  if (record.stream_seq) writer.Text(*record.stream_seq);
  writer.Text(record.data);
}

void Encode(const RemoveRecord& record, PieceWriter& writer) {
  writer.Byte(static_cast<uint8_t>(Type::kRemove));
  writer.Byte(static_cast<uint8_t>(record.cause));
  writer.Number(record.id.value);
  writer.Time(record.at);
}

void Encode(const TouchRecord& record, PieceWriter& writer) {
  writer.Byte(static_cast<uint8_t>(Type::kTouch));
  writer.Number(record.id.value);
  writer.Time(record.at);
}

}  // namespace

void EncodeRecord(const Record& record, std::string& out) {
  THALWEG_ASSERT(IsValid(record));  // what replay would not take must not get into a log
  PieceWriter writer(out);
  std::visit([&](const auto& each) { Encode(each, writer); }, record);
}

}  // namespace thalweg
