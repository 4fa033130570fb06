#include "http/find_first.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/engine.h"
#include "http/background_answers.h"
#include "http/decode.h"
#include "http/owned_request.h"
#include "http/trouble.h"

namespace thalweg {

namespace {

// What a creation forks; null: it does not fork, or is refused anyway.
std::optional<Fork> ForkOf(const RouterContext& context, const Request& request) {
  if (request.method != Method::kPut) return std::nullopt;
  constexpr std::string_view kForkedFrom = "stream-forked-from";
  const auto named = std::ranges::find(request.headers, kForkedFrom, &HeaderField::name);
  if (named == request.headers.end()) return std::nullopt;
  const auto fields = FindFields(request.headers);
  if (!fields) return std::nullopt;
  auto fork = DecodeFork(*fields, {.base = context.options.base_path, .mount = request.mount});
  return fork ? *std::move(fork) : std::nullopt;
}

// Looks at the append that a fork begins with or in, as its creation does.
ReadVerdict LookAtPoint(Engine& engine, const Fork& fork, bool may_wait) {
  const ReadFrom from = fork.point.at
                            ? ReadFrom{.kind = ReadFrom::Kind::kOffset, .offset = *fork.point.at}
                            : ReadFrom{.kind = ReadFrom::Kind::kTail, .offset = {}};
  const size_t part_bytes_max = fork.point.takes_prefix() ? 0 : 1;
  const PageRequest one{
      .bytes_max = 1, .part_bytes_max = part_bytes_max, .is_use = false, .may_wait = may_wait};
  return engine.Read(fork.source, from, one).verdict;
}

// False: what is stored cannot be read.
bool Find(Engine& engine, const std::string& key, const std::optional<Fork>& fork) {
  if (engine.Describe(key).verdict == ReadVerdict::kUnreadable) return false;
  return !fork || LookAtPoint(engine, *fork, true) != ReadVerdict::kUnreadable;
}

}  // namespace

bool WaitsToFind(const RouterContext& context, const StreamRequest& request) {
  Engine& engine = context.engine;
  if (request.http.method == Method::kGet || engine.disk_workers() == nullptr) return false;
  if (engine.FindMayWait(request.key)) return true;
  const std::optional<Fork> fork = ForkOf(context, request.http);
  return fork && LookAtPoint(engine, *fork, false) == ReadVerdict::kWouldWait;
}

void DispatchOnceFound(const RouterContext& context, const StreamRequest& request,
                       Responder& responder, Dispatch dispatch) {
  Engine& engine = context.engine;
  const auto found = std::make_shared<bool>(false);
  context.background.Run(
      *engine.disk_workers(), responder,
      [&engine, key = request.key, fork = ForkOf(context, request.http), found] {
        *found = Find(engine, key, fork);
      },
      [&context, found, key = request.key, copy = std::make_unique<OwnedRequest>(request.http),
       dispatch = std::move(dispatch)](Responder& to) mutable {
        to.HoldNext(false);
        if (!*found) return SendTrouble(context, Trouble::kUnreadable, to);
        dispatch({.http = copy->view(), .key = std::move(key)}, to);
      });
}

}  // namespace thalweg
