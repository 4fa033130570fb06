// What all connections of one listener share: limits, buffer, date, and the work of a turn's end.
//
// Owned by the listener; the loop's own thread only, but for what HttpCounts says.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/connection_limit.h"
#include "net/http_counts.h"
#include "net/loop.h"
#include "net/request_handler.h"
#include "thalweg/http_limits.h"

namespace thalweg {

class Http1Connection;
class Http1Parser;
class Http1Responder;

class Http1Shared {
 public:
  Http1Shared(Loop& loop, RequestHandler& handler, const HttpLimits& limits,
              ConnectionLimit& connection_limit);
  ~Http1Shared();

  Loop& loop() { return loop_; }
  RequestHandler& handler() { return handler_; }
  const HttpLimits& limits() const { return limits_; }
  ConnectionLimit& connection_limit() { return connection_limit_; }
  HttpCounts& counts() { return counts_; }

  // Room for one read. What connections of `received_` have read before stands in front of it.
  std::span<char> read_buffer() {
    return std::span(*read_buffer_).subspan(received_bytes_, kReadBytes);
  }

  // `connection` has read so much, and its requests are handled with those of others: at the latest
  // when all of the turn's events have come.
  void AddReceived(Http1Connection& connection, size_t bytes);
  void HandleReceived();

  // "Date: ...\r\n", made once per second.
  std::string_view date_line();

  bool draining() const { return draining_; }
  void StartDraining() { draining_ = true; }

  // Connections: owned here, in no order. A buried one has left its place and is destroyed at the
  // end of the turn; that is also one that could not begin.
  Http1Connection& AddConnection(int fd, ConnectionLimit::Place place);
  void Bury(Http1Connection& connection);
  size_t connection_count() const { return connections_.size(); }
  const std::vector<std::unique_ptr<Http1Connection>>& connections() const { return connections_; }

  // `connection` gets OnTurnEnd at the end of this turn.
  void Schedule(Http1Connection& connection) { scheduled_.push_back(&connection); }
  // Runs what was scheduled; true: more was scheduled meanwhile.
  bool RunTurnEnd();

  // Responders are used again and again. One whose connection has gone while its handler was not
  // listening stays until the handler ends it.
  Http1Responder& TakeResponder();
  void ReturnResponder(Http1Responder& responder);

  // What has come of requests that are not done with, of all connections together: one's went from
  // `before` to `after`.
  void CountRequestBytes(size_t before, size_t after) {
    if (before == after) return;
    counts_.request_bytes.Add(after - before);  // takes away, where that wraps around
  }
  // Whether there is room, or was made for those who send quickly: once a second, those who do not
  // are refused.
  bool MakeRoomForRequests();
  void RefuseSlow(int64_t now_ms);

  // Parsers are for connections that have something to read: most only wait.
  std::unique_ptr<Http1Parser> TakeParser();
  // REQUIRES: parser->is_new().
  void ReturnParser(std::unique_ptr<Http1Parser> parser);

 private:
  static constexpr size_t kReadBytes = 64 * 1024;

  bool has_room_for_requests() const {
    return counts_.request_bytes.value() <= limits_.bodies_bytes_max;
  }

  Loop& loop_;
  RequestHandler& handler_;
  const HttpLimits limits_;
  ConnectionLimit& connection_limit_;
  bool draining_ = false;
  int64_t refuse_slow_ms_ = 0;  // not before that

  std::unique_ptr<std::array<char, 3 * kReadBytes>> read_buffer_;
  size_t received_bytes_ = 0;  // at most two reads
  std::vector<Http1Connection*> received_;
  std::vector<std::string_view> received_paths_;  // empty but within HandleReceived
  std::string date_line_;
  int64_t date_until_ms_ = 0;  // of the loop's time

  std::vector<std::unique_ptr<Http1Connection>> connections_;
  std::vector<std::unique_ptr<Http1Connection>> buried_;
  std::vector<Http1Connection*> scheduled_;
  std::vector<Http1Connection*> running_;
  std::vector<std::unique_ptr<Http1Responder>> responders_in_use_;
  std::vector<std::unique_ptr<Http1Responder>> responders_free_;
  std::vector<std::unique_ptr<Http1Parser>> parsers_free_;
  HttpCounts counts_;
};

}  // namespace thalweg
