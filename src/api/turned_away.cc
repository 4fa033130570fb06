#include "api/turned_away.h"

#include <string>

namespace thalweg {
namespace {

// What turned somebody away, and what helps.
std::string Reason(TurnedAway why, const HttpLimits& limits) {
  switch (why) {
    case TurnedAway::kConnection:
      return fmt::format(
          "a connection was refused, for the server has all that it takes: --max-connections ({}), "
          "or what the limit of open files leaves (ulimit -n, LimitNOFILE=)",
          limits.connections_max);
    case TurnedAway::kRequest:
      return fmt::format(
          "a request was refused (503 too-many-bodies): others that are under way take all the "
          "memory for them, --max-bodies ({} bytes, of which each loop has a part)",
          limits.bodies_bytes_max);
    case TurnedAway::kNoFile:
      return "a connection waits, or was closed, for the process or the system has no file "
             "descriptor, or no memory, for it; raise the limit of open files (ulimit -n, "
             "LimitNOFILE=, fs.file-max) or of what is waited for (fs.epoll.max_user_watches)";
    case TurnedAway::kUnreadable:
      return "an answer was cut off: what is stored could not be read while it was sent. Look at "
             "the disk; thalweg verify says what is damaged, when the server is stopped";
  }
  return {};
}

}  // namespace

TurnedAwayTeller::TurnedAwayTeller(Logger* logger, const Clock& clock, const HttpLimits& limits)
    : teller_(logger),
      limits_(limits),
      seldom_{Seldom(clock, kEveryMs), Seldom(clock, kEveryMs), Seldom(clock, kEveryMs),
              Seldom(clock, kEveryMs)} {}

void TurnedAwayTeller::Tell(TurnedAway why) {
  ++counts_[static_cast<size_t>(why)];
  const auto held_back = seldom_[static_cast<size_t>(why)].Next();
  if (!held_back) return;
  // The same client waits at every try: how many there were says nothing.
  const bool counts = *held_back != 0 && why != TurnedAway::kNoFile;
  const std::string others =
      counts ? fmt::format("; {} more since this was told last", *held_back) : "";
  teller_.Say(LogLevel::kWarning, "{}{}", Reason(why, limits_), others);
}

}  // namespace thalweg
