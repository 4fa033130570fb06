// HTTP as the Router sees it: a Request is values, a Responder is what the transport implements.
//
// No sockets here. The same door serves our own server, Boost.Beast and Node.js.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/bytes.h"
#include "thalweg/export.h"

namespace thalweg {

enum class Method : uint8_t { kGet, kHead, kPut, kPost, kDelete, kOptions, kOther };

// A field of the request. Names are lower case; values have no outer white space and no CR, LF,
// NUL.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// One whole request. Every view is valid during Router::Handle and not after it.
struct Request {
  Method method = Method::kOther;
  std::string_view path{};       // origin-form path, still percent-encoded, begins with '/'
  std::string_view query{};      // what follows '?', without it; still percent-encoded
  std::string_view scheme{};     // "http" or "https"
  std::string_view authority{};  // of the target, else of Host; may be empty
  std::string_view mount{};      // what a framework cut off the front of `path`; may be empty
  std::span<const HeaderField> headers{};
  std::string_view body{};  // whole, decoded of its transfer coding
  // The string that holds `body` and nothing else, where there is one that nobody needs any more:
  // whoever answers may move it away within Handle, and then `body` is gone with it. So a long body
  // need not be copied. Null: there is none.
  std::string* body_memory = nullptr;
};

// The fields of a response, kept as they go on an HTTP/1 wire, readable one by one for other
// transports. A value; cheap to clear and use again.
class THALWEG_API HeaderList {
 public:
  // REQUIRES: `name` is a valid field name, `value` holds no CR, LF or NUL.
  void Add(std::string_view name, std::string_view value);
  void Add(std::string_view name, uint64_t value);
  void AddAll(const HeaderList& other);
  // Takes memory for this many at once.
  void Reserve(size_t wire_bytes, size_t fields);
  // Keeps the first `fields` alone. REQUIRES: there are as many.
  void Truncate(size_t fields);

  // "name: value\r\n" for each field, in order of Add.
  std::string_view wire() const { return wire_; }

  size_t size() const { return fields_.size(); }
  HeaderField operator[](size_t i) const;

  // The value of the first field called `name` (as given to Add), or null.
  std::optional<std::string_view> Find(std::string_view name) const;

 private:
  struct Field {
    uint32_t begin;
    uint32_t name_bytes;
    uint32_t value_bytes;
  };
  std::string wire_;
  std::vector<Field> fields_;
};

// A part of a file that a body holds; who cannot send it from the descriptor reads it.
struct FileRange {
  std::shared_ptr<const void> owner;  // keeps the descriptor open
  int fd = -1;
  uint64_t begin = 0;
  uint64_t length = 0;
};

// What the transport tells the one who answers. THREAD: the router's executor, never inside a call
// of the Responder.
class THALWEG_API ResponderEvents {
 public:
  virtual ~ResponderEvents() = default;

  // The transport has room again after Write returned false.
  virtual void OnWritable() = 0;

  // The client is gone. The Responder must not be used after this call returns.
  virtual void OnCancel() = 0;

  // Whether the answer waits for what may never happen, as a live read does: a client that has
  // ended its sending side may then be taken for gone. All others get their answer.
  virtual bool IsLive() const { return false; }
};

// Answers one request: Start, any number of Write, then Finish or Abort. Owned by the transport;
// valid until Finish or Abort was called or OnCancel was delivered: while no events are set, also
// after the client has gone. THREAD: the router's executor.
class THALWEG_API Responder {
 public:
  virtual ~Responder() = default;

  // Begins the response. `content_length` is the number of body bytes where it is known; without
  // it the body's end is told by the transport's framing. The transport adds Content-Length (never
  // to 204), Transfer-Encoding, Connection and Date. A response to HEAD and a 304 have no body,
  // whatever the length says. REQUIRES: a status from 200 to 599.
  virtual void Start(int status, const HeaderList& headers,
                     std::optional<uint64_t> content_length) = 0;

  // Queues body bytes. False: the transport's buffer is full; go on after OnWritable. The bytes of
  // this call are taken in either case. Live answers and those that bring all of a long stream wait
  // then; a page (page_bytes_max, 4 MiB of a long stream, or one append where that is longer) is
  // written as a whole. A range that cannot be read cuts the answer off: the length was told, and
  // the client must see that bytes are missing. REQUIRES: no more bytes than the length that was
  // told; fewer cut the answer off, too.
  virtual bool Write(Bytes bytes) = 0;
  virtual bool WriteFile(FileRange range) = 0;

  // Ends the response.
  virtual void Finish() = 0;

  // Drops the connection with the response unfinished.
  virtual void Abort() = 0;

  // Who hears of room and of the client's end; null: nobody. REQUIRES: `events` outlives the
  // response or is replaced by null first.
  virtual void SetEvents(ResponderEvents* events) = 0;

  // The request is handled later than Router::Handle returns, and what the client sent behind it on
  // its connection must not come before it: with true, the transport hands over none of that until
  // this is called with false, or the response has ended. Who answers false cannot hold it back (or
  // does not know what belongs together), and the request is handled at once, whatever that waits
  // for.
  virtual bool HoldNext(bool /*hold*/) { return false; }

  // Answers in one go: the common case, which a transport may send with one call.
  virtual void Respond(int status, const HeaderList& headers, Bytes body) {
    Start(status, headers, body.size());
    if (!body.empty()) Write(std::move(body));
    Finish();
  }
};

}  // namespace thalweg
