#include "net/http1_shared.h"

#include <ctime>
#include <utility>

#include "base/assert.h"
#include "net/http1_connection.h"
#include "net/http1_parser.h"
#include "net/http1_responder.h"

namespace thalweg {

namespace {

constexpr size_t kFreeRespondersMax = 1024;
constexpr int64_t kRefuseSlowMs = 1000;  // a look at all connections
// So many connections are handled together, stage by stage: all read, all told to the handler, all
// handled, all sent. Neither the kernel's code and ours nor one stream's memory and the next's are
// waited for as often (docs/BENCHMARKS.md, "Stage by stage").
constexpr size_t kReceivedMax = 64;
constexpr size_t kFreeParsersMax = kReceivedMax;

// Takes the element out by putting the last one in its place.
template <typename T>
std::unique_ptr<T> TakeOut(std::vector<std::unique_ptr<T>>& things, T& thing) {
  const size_t index = thing.index_in_shared();
  THALWEG_ASSERT(index < things.size() && things[index].get() == &thing);
  std::unique_ptr<T> taken = std::move(things[index]);
  if (index + 1 < things.size()) {
    things[index] = std::move(things.back());
    things[index]->set_index_in_shared(index);
  }
  things.pop_back();
  return taken;
}

// RFC 9110 5.6.7: IMF-fixdate, in English whatever the locale.
std::string DateLine(int64_t wall_s) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = wall_s;
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  char rest[32];
  const size_t rest_bytes = std::strftime(rest, sizeof rest, " %Y %H:%M:%S GMT\r\n", &utc);
  std::string line = "Date: ";
  line.append(kDays[utc.tm_wday]).append(utc.tm_mday < 10 ? ", 0" : ", ");
  line.append(std::to_string(utc.tm_mday)).append(" ").append(kMonths[utc.tm_mon]);
  return line.append(rest, rest_bytes);
}

}  // namespace

Http1Shared::Http1Shared(Loop& loop, RequestHandler& handler, const HttpLimits& limits,
                         ConnectionLimit& connection_limit)
    : loop_(loop),
      handler_(handler),
      limits_(limits),
      connection_limit_(connection_limit),
      read_buffer_(std::make_unique<std::array<char, 3 * kReadBytes>>()) {}

Http1Shared::~Http1Shared() {
  while (!connections_.empty()) connections_.back()->Close();
}

std::string_view Http1Shared::date_line() {
  if (loop_.now_ms() >= date_until_ms_) {
    const int64_t wall_ms = loop_.clock().WallMs();
    date_line_ = DateLine(wall_ms / 1000);
    date_until_ms_ = loop_.now_ms() + 1000 - wall_ms % 1000;
  }
  return date_line_;
}

Http1Connection& Http1Shared::AddConnection(int fd, ConnectionLimit::Place place) {
  connections_.push_back(std::make_unique<Http1Connection>(*this, fd, place));
  Http1Connection& connection = *connections_.back();
  connection.set_index_in_shared(connections_.size() - 1);
  if (connection.closed()) {
    handler_.OnTurnedAway(TurnedAway::kNoFile);
    Bury(connection);
  }
  return connection;
}

void Http1Shared::Bury(Http1Connection& connection) {
  connection_limit_.Leave(connection.place());
  buried_.push_back(TakeOut(connections_, connection));
}

void Http1Shared::AddReceived(Http1Connection& connection, size_t bytes) {
  received_.push_back(&connection);
  received_bytes_ += bytes;
  if (received_.size() == kReceivedMax || received_bytes_ > kReadBytes) HandleReceived();
}

void Http1Shared::HandleReceived() {
  for (Http1Connection* connection : received_) {
    if (const auto path = connection->ReceivedPath()) received_paths_.push_back(*path);
  }
  if (received_paths_.size() > 1) handler_.Expect(received_paths_);
  received_paths_.clear();
  for (Http1Connection* connection : received_) connection->Handle();
  for (Http1Connection* connection : received_) connection->Send();
  received_.clear();
  received_bytes_ = 0;
}

bool Http1Shared::RunTurnEnd() {
  running_.swap(scheduled_);
  for (Http1Connection* connection : running_) connection->OnTurnEnd();
  running_.clear();
  // A buried connection may still be scheduled.
  std::erase_if(scheduled_, [](const Http1Connection* connection) { return connection->closed(); });
  buried_.clear();
  return !scheduled_.empty();
}

Http1Responder& Http1Shared::TakeResponder() {
  if (responders_free_.empty()) {
    responders_free_.push_back(std::make_unique<Http1Responder>(*this));
  }
  responders_in_use_.push_back(std::move(responders_free_.back()));
  responders_free_.pop_back();
  Http1Responder& responder = *responders_in_use_.back();
  responder.set_index_in_shared(responders_in_use_.size() - 1);
  return responder;
}

void Http1Shared::ReturnResponder(Http1Responder& responder) {
  std::unique_ptr<Http1Responder> taken = TakeOut(responders_in_use_, responder);
  taken->Reset();
  if (responders_free_.size() < kFreeRespondersMax) responders_free_.push_back(std::move(taken));
}

bool Http1Shared::MakeRoomForRequests() {
  if (has_room_for_requests()) return true;
  if (loop_.now_ms() < refuse_slow_ms_) return false;
  refuse_slow_ms_ = loop_.now_ms() + kRefuseSlowMs;
  RefuseSlow(loop_.now_ms());
  return has_room_for_requests();
}

void Http1Shared::RefuseSlow(int64_t now_ms) {
  for (const auto& connection : connections_) connection->RefuseIfSlow(now_ms);
}

std::unique_ptr<Http1Parser> Http1Shared::TakeParser() {
  if (parsers_free_.empty()) return std::make_unique<Http1Parser>(limits_);
  std::unique_ptr<Http1Parser> parser = std::move(parsers_free_.back());
  parsers_free_.pop_back();
  return parser;
}

void Http1Shared::ReturnParser(std::unique_ptr<Http1Parser> parser) {
  THALWEG_ASSERT(parser->is_new());
  if (parsers_free_.size() < kFreeParsersMax) parsers_free_.push_back(std::move(parser));
}

}  // namespace thalweg
