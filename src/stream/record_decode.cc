#include "stream/record.h"
#include "stream/record_format.h"

namespace thalweg {
namespace {

using record_format::Type;

// Takes bytes from the left. What does not fit makes the reader bad for good and yields nothing;
// whoever reads asks ok() once, at the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  uint8_t Byte() {
    if (rest_.empty()) return Bad();
    const auto value = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  uint8_t ByteUpTo(uint8_t max) {
    const uint8_t value = Byte();
    return value <= max ? value : Bad();
  }

  // Only the shortest spelling of a number is one: each record has one encoding.
  uint64_t Number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      if (shift == 63 && byte > 1) return Bad();
      if (shift != 0 && byte == 0) return Bad();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Bad();
  }

  int64_t Signed() {
    const uint64_t bits = Number();
    return static_cast<int64_t>((bits & 1) != 0 ? ~(bits >> 1) : bits >> 1);
  }

  std::string_view Text() {
    const uint64_t size = Number();
    if (size > rest_.size()) {
      Bad();
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

  Moment Time() {
    Moment at;
    at.wall_ms = Signed();
    at.steady_ms = Signed();
    return at;
  }

  Expiry Ends() {
    Expiry expiry;
    expiry.kind = static_cast<Expiry::Kind>(ByteUpTo(static_cast<uint8_t>(Expiry::Kind::kAt)));
    switch (expiry.kind) {
      case Expiry::Kind::kNever: break;
      case Expiry::Kind::kTtl: expiry.ttl_s = Number(); break;
      case Expiry::Kind::kAt:
        expiry.at_ms = Signed();
        expiry.at_text = Text();
        break;
    }
    return expiry;
  }

  // What was read has no meaning, or another encoding already has it.
  uint8_t Bad() {
    bad_ = true;
    rest_ = {};
    return 0;
  }

  // Nothing was bad and nothing is left.
  bool ok() const { return !bad_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool bad_ = false;
};

void DecodeFork(uint8_t flags, Reader& reader, CreateRecord& record) {
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

CreateRecord DecodeCreate(Reader& reader) {
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

AppendRecord DecodeAppend(Reader& reader) {
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

RemoveRecord DecodeRemove(Reader& reader) {
  RemoveRecord record;
  record.cause =
      static_cast<RemoveCause>(reader.ByteUpTo(static_cast<uint8_t>(RemoveCause::kExpired)));
  record.id = StreamId{reader.Number()};
  record.at = reader.Time();
  return record;
}

TouchRecord DecodeTouch(Reader& reader) {
  TouchRecord record;
  record.id = StreamId{reader.Number()};
  record.at = reader.Time();
  return record;
}

std::optional<Record> DecodeByType(uint8_t type, Reader& reader) {
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
  Reader reader(bytes);
  std::optional<Record> record = DecodeByType(reader.Byte(), reader);
  if (!record || !reader.ok() || !IsValid(*record)) return std::nullopt;
  return record;
}

}  // namespace thalweg
