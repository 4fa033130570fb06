#include "stream/record.h"
#include "stream/record_format.h"
#include "stream/wire_pieces.h"

namespace thalweg {
namespace {

using record_format::Type;

void DecodeFork(uint8_t flags, PieceReader& reader, CreateRecord& record) {
  record.requested.fork_source = reader.Text();
  if ((flags & record_format::kCreateForkAtSent) != 0) {
    record.requested.fork_at = Offset{reader.Number()};
  }
  record.requested.fork_sub_offset = reader.Number();
  record.source = StreamId{reader.Number()};
  if (record.source == StreamId{}) reader.Bad();
  record.start = Offset{reader.Number()};
  record.prefix = reader.Text();
}

CreateRecord DecodeCreate(PieceReader& reader) {
  const uint8_t flags = reader.ByteUpTo(record_format::kCreateFlagsAll);
  CreateRecord record;
  record.closed = (flags & record_format::kCreateClosed) != 0;
  record.id = StreamId{reader.Number()};
  record.at = reader.Time();
  record.path = reader.Text();
  record.requested.content_type = reader.Text();
  record.requested.expiry = reader.Ends();
  record.content_type = reader.Text();
  record.expiry = reader.Ends();
  const bool is_fork = (flags & record_format::kCreateFork) != 0;
  if (is_fork) DecodeFork(flags, reader, record);
  if (!is_fork && (flags & record_format::kCreateForkAtSent) != 0) reader.Bad();
  record.data = reader.Text();
  return record;
}

AppendRecord DecodeAppend(PieceReader& reader) {
  const uint8_t flags = reader.ByteUpTo(record_format::kAppendFlagsAll);
  AppendRecord record;
  record.closes = (flags & record_format::kAppendCloses) != 0;
  record.id = StreamId{reader.Number()};
  record.at = reader.Time();
  if ((flags & record_format::kAppendProducer) != 0) {
    const std::string_view id = reader.Text();
    const uint64_t epoch = reader.Number();
    record.producer = ProducerStamp{id, epoch, reader.Number()};
  }
  if ((flags & record_format::kAppendStreamSeq) != 0) record.stream_seq = reader.Text();
  record.data = reader.Text();
  return record;
}

RemoveRecord DecodeRemove(PieceReader& reader) {
  RemoveRecord record;
  record.cause =
      static_cast<RemoveCause>(reader.ByteUpTo(static_cast<uint8_t>(RemoveCause::kExpired)));
  record.id = StreamId{reader.Number()};
  record.at = reader.Time();
  return record;
}

TouchRecord DecodeTouch(PieceReader& reader) {
  TouchRecord record;
  record.id = StreamId{reader.Number()};
  record.at = reader.Time();
  return record;
}

std::optional<Record> DecodeByType(uint8_t type, PieceReader& reader) {
  switch (static_cast<Type>(type)) {
    case Type::kCreate: return DecodeCreate(reader);
    case Type::kAppend: return DecodeAppend(reader);
    case Type::kRemove: return DecodeRemove(reader);
    case Type::kTouch: return DecodeTouch(reader);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Record> DecodeRecord(std::string_view bytes) {
  PieceReader reader(bytes);
  std::optional<Record> record = DecodeByType(reader.Byte(), reader);
  if (!record || !reader.ok() || !IsValid(*record)) return std::nullopt;
  return record;
}

}  // namespace thalweg
