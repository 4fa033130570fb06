// One client's connection: Boost.Beast parses what it sends, a handler answers through the
// Responder that this implements. Requests that come early wait in the buffer for their turn.
//
// The io_context's own thread only. Lives as long as an operation on the socket is under way or an
// answer is open; Close ends the first and, where the handler listens, the second.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thalweg/http.h"

class Session final : public std::enable_shared_from_this<Session>, private thalweg::Responder {
 public:
  using Tcp = boost::asio::ip::tcp;

  // Who answers; each request once.
  using Handler = std::function<void(const thalweg::Request&, thalweg::Responder&)>;

  // REQUIRES: `handler` outlives the session.
  Session(Tcp::socket socket, const Handler& handler);

  void Start() { Proceed(); }

  // Ends the connection once the answer that is open has gone out: now, where none is.
  void Drain();

  // Ends it now. An answer that is open is cancelled.
  void Close();

  // Lets go of an answer that nobody will end. REQUIRES: closed, and its handler is gone.
  void Abandon() { answering_.reset(); }

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  static constexpr size_t kReadBytes = 64u << 10;  // at a time
  enum class Framing { kNone, kLength, kChunked, kUntilClose };

  // Reading.
  void Proceed();
  void Read();
  bool Parse();
  void Refuse(boost::system::error_code error);
  void HandleRequest();

  // The Responder.
  void Start(int status, const thalweg::HeaderList& headers,
             std::optional<uint64_t> content_length) override;
  bool Write(thalweg::Bytes bytes) override;
  bool WriteFile(thalweg::FileRange range) override;
  void Finish() override;
  void Abort() override;
  void SetEvents(thalweg::ResponderEvents* events) override { events_ = events; }
  bool HoldNext(bool) override { return true; }  // what comes next waits for the answer anyway

  // Writing.
  void Queue(thalweg::Bytes bytes);
  void Flush();
  void OnFlushed(boost::system::error_code error);
  void EndAnswer();
  void GiveTime();

  Tcp::socket socket_;
  const Handler& handler_;
  boost::asio::steady_timer deadline_;
  // Where a read puts what comes; not into `buffer_`, which moves when a request that was waiting
  // in it is taken while that read is under way.
  std::array<char, kReadBytes> input_;
  boost::beast::flat_buffer buffer_;  // what came and was not parsed yet
  std::optional<Parser> parser_;
  bool reading_ = false;
  bool continued_ = false;  // the client was told to send its body
  bool closing_ = false;    // after the answer

  // The open answer.
  std::shared_ptr<Session> answering_;  // this, while the handler may still use the responder
  thalweg::ResponderEvents* events_ = nullptr;
  Framing framing_ = Framing::kNone;

  // Output, in two halves: what is being sent, and what is to be sent next.
  std::vector<thalweg::Bytes> sending_;
  std::vector<thalweg::Bytes> queued_;
  size_t queued_bytes_ = 0;
  bool waits_for_room_ = false;
};
