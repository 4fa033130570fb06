// What one environment of Node has of us: built by the addon's initialization, ended with the
// environment. The loop's thread only.
#pragma once

#include <napi.h>

#include <set>
#include <utility>

#include "done_calls.h"
#include "hook_calls.h"
#include "js_responses.h"
#include "loop_executor.h"
#include "warnings.h"

namespace thalweg::node {

// Something with threads or files that must end before the environment does.
class Ending {
 public:
  virtual ~Ending() = default;

  // Ends it at once. JavaScript must not be called. A second call does nothing.
  virtual void EndNow() = 0;
};

class AddonData {
 public:
  explicit AddonData(Napi::Env env)
      : loop(env), responses(loop), dones(loop), hooks(loop), warnings(loop) {}
  ~AddonData() { End(); }
  AddonData(const AddonData&) = delete;
  AddonData& operator=(const AddonData&) = delete;

  static AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

  // Servers end before routers, and these before stores.
  void End() {
    loop.Close();
    hooks.ReleaseAll();
    responses.CloseAll();
    for (std::set<Ending*>* group : {&servers, &routers, &stores}) {
      for (Ending* ending : std::exchange(*group, {})) ending->EndNow();
    }
  }

  LoopExecutor loop;
  JsResponses responses;
  DoneCalls dones;
  HookCalls hooks;
  Warnings warnings;

  std::set<Ending*> servers;
  std::set<Ending*> routers;
  std::set<Ending*> stores;
};

}  // namespace thalweg::node
