// The registry: a system stream that tells of every stream's creation and deletion, in State
// Protocol form, for admin pages and monitors.
//
// One JSON value for each event: {"type":"stream","key":K,"value":{"path":K,"contentType":T,
// "createdAt":MS},"headers":{"operation":"insert"}}, or "delete" without a value. It is written
// through the store, not over HTTP, and does not list itself.
//
// The last event of a path says what stands there, whichever of several routers created or deleted
// it, and however late each tells: an event that is not true any more when its turn comes is left
// out. So a stream that is deleted as soon as it was created may have a "delete" and no "insert".
// What hooks are not told of (thalweg/hooks.h) the registry does not tell either.
#pragma once

#include <memory>
#include <string>

#include "thalweg/export.h"
#include "thalweg/hooks.h"
#include "thalweg/logger.h"

namespace thalweg {

class Store;

class THALWEG_API RegistryHooks {
 public:
  // Writes to the stream `path` of `store`, which is created with the first event, and again where
  // somebody deletes it. Where it cannot be written, because it was closed or the disk is full, the
  // requests succeed all the same and the registry misses their events; `logger` hears of it once
  // until it works again; null: nobody.
  // REQUIRES: `store` outlives this and the hooks it gave, and `logger` the store, which ends what
  // is under way.
  explicit RegistryHooks(Store& store, std::string path = "__registry__", Logger* logger = nullptr);
  ~RegistryHooks();

  // For RouterOptions, of all routers over that store: only one RegistryHooks for a registry knows
  // what it has written last. The request waits until the event is durable. THREAD: any.
  LifecycleHooks hooks();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace thalweg
