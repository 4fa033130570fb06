#include "base/assert.h"
#include "stream/record.h"
#include "stream/record_format.h"

namespace thalweg {
namespace {

using record_format::Type;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void Byte(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void Kind(Type type) { Byte(static_cast<uint8_t>(type)); }

  void Number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte(static_cast<uint8_t>(value | 0x80));
    Byte(static_cast<uint8_t>(value));
  }

  // Small numbers of either sign take few bytes: 0, -1, 1, -2 go out as 0, 1, 2, 3.
  void Signed(int64_t value) {
    const uint64_t bits = static_cast<uint64_t>(value);
    Number(value < 0 ? ~(bits << 1) : bits << 1);
  }

  void Text(std::string_view text) {
    Number(text.size());
    out_.append(text);
  }

  void Time(Moment at) {
    Signed(at.wall_ms);
    Signed(at.steady_ms);
  }

  void Ends(const Expiry& expiry) {
    Byte(static_cast<uint8_t>(expiry.kind));
    switch (expiry.kind) {
      case Expiry::Kind::kNever: return;
      case Expiry::Kind::kTtl: return Number(expiry.ttl_s);
      case Expiry::Kind::kAt: Signed(expiry.at_ms); return Text(expiry.at_text);
    }
  }

 private:
  std::string& out_;
};

void EncodeFork(const CreateRecord& record, Writer& writer) {
  writer.Text(record.requested.fork_source);
  if (record.requested.fork_at) writer.Number(record.requested.fork_at->value);
  writer.Number(record.requested.fork_sub_offset);
  writer.Number(record.source.value);
  writer.Number(record.start.value);
  writer.Text(record.prefix);
}

void Encode(const CreateRecord& record, Writer& writer) {
  const bool is_fork = record.source != StreamId{};
  uint8_t flags = 0;
  if (record.closed) flags |= record_format::kCreateClosed;
  if (is_fork) flags |= record_format::kCreateFork;
  if (record.requested.fork_at) flags |= record_format::kCreateForkAtSent;
  writer.Kind(Type::kCreate);
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

void Encode(const AppendRecord& record, Writer& writer) {
  uint8_t flags = 0;
  if (record.closes) flags |= record_format::kAppendCloses;
  if (record.producer) flags |= record_format::kAppendProducer;
  if (record.stream_seq) flags |= record_format::kAppendStreamSeq;
  writer.Kind(Type::kAppend);
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

void Encode(const RemoveRecord& record, Writer& writer) {
  writer.Kind(Type::kRemove);
  writer.Byte(static_cast<uint8_t>(record.cause));
  writer.Number(record.id.value);
  writer.Time(record.at);
}

void Encode(const TouchRecord& record, Writer& writer) {
  writer.Kind(Type::kTouch);
  writer.Number(record.id.value);
  writer.Time(record.at);
}

}  // namespace

void EncodeRecord(const Record& record, std::string& out) {
  THALWEG_ASSERT(IsValid(record));  // what replay would not take must not get into a log
  Writer writer(out);
  std::visit([&](const auto& each) { Encode(each, writer); }, record);
}

}  // namespace thalweg
