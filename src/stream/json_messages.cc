#include "stream/json_messages.h"

#include <simdjson.h>

#include "base/assert.h"

namespace thalweg {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Collects values of a body. Neighbours with one comma between them, as most bodies have them, go
// over in one copy.
class WireWriter {
 public:
  explicit WireWriter(std::string_view body) : body_(body) { wire_.bytes.reserve(body.size() + 1); }

  void Add(size_t begin, size_t end) {
    THALWEG_ASSERT(begin < end && begin >= end_);
    ++wire_.values;
    if (begin != end_ + 1 || end_ == 0) {
      Flush();
      begin_ = begin;
    }
    end_ = end;
  }

  JsonWire Finish() {
    Flush();
    return std::move(wire_);
  }

 private:
  void Flush() {
    if (end_ == begin_) return;
    wire_.bytes.append(body_, begin_, end_ - begin_);
    wire_.bytes.push_back(',');
  }

  std::string_view body_;
  size_t begin_ = 0;  // of the run of values not yet copied
  size_t end_ = 0;
  JsonWire wire_;
};

bool AddValue(JsonScanner& scanner, WireWriter& writer) {
  const size_t begin = scanner.position();
  if (!scanner.SkipValue()) return false;
  writer.Add(begin, scanner.position());
  return true;
}

// The elements of the outermost array, whose "[" was taken. Null: all is well.
const char* AddElements(JsonScanner& scanner, WireWriter& writer) {
  scanner.EnterArray();
  scanner.SkipSpace();
  if (scanner.Take(']')) return nullptr;
  for (;;) {
    if (!AddValue(scanner, writer)) return scanner.error();
    scanner.SkipSpace();
    if (scanner.Take(']')) return nullptr;
    if (!scanner.Take(',')) return "a comma or a closing bracket is missing";
    scanner.SkipSpace();
  }
}

const char* AddValues(JsonScanner& scanner, WireWriter& writer) {
  scanner.SkipSpace();
  if (scanner.done()) return "the body holds no value";
  if (scanner.Take('[')) return AddElements(scanner, writer);
  return AddValue(scanner, writer) ? nullptr : scanner.error();
}

}  // namespace

std::expected<JsonWire, std::string> SplitJson(std::string_view body) {
  if (body.starts_with(kByteOrderMark)) return std::unexpected("a byte order mark");
  if (!simdjson::validate_utf8(body.data(), body.size())) return std::unexpected("not UTF-8");
  JsonScanner scanner(body);
  WireWriter writer(body);
  if (const char* error = AddValues(scanner, writer)) return std::unexpected(error);
  scanner.SkipSpace();
  if (!scanner.done()) return std::unexpected("more after the value");
  return writer.Finish();
}

size_t WireBytesOfValues(std::string_view wire, uint64_t count) {
  JsonScanner scanner(wire);
  for (; count != 0; --count) {
    if (scanner.done()) return std::string_view::npos;
    const bool whole = scanner.SkipValue() && scanner.Take(',');
    THALWEG_ASSERT(whole);
  }
  return scanner.position();
}

}  // namespace thalweg
