// The registry: a system stream that tells of every stream's creation and deletion, in State
// Protocol form, for admin pages and monitors.
//
// One JSON value for each event: {"type":"stream","key":K,"value":{"path":K,"contentType":T,
// "createdAt":MS},"headers":{"operation":"insert"}}, or "delete" without a value. It is written
// through the store, not over HTTP, and does not list itself.
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
  // REQUIRES: store and logger outlive this and the hooks it gave.
  explicit RegistryHooks(Store& store, std::string path = "__registry__", Logger* logger = nullptr);
  ~RegistryHooks();

  // For RouterOptions, of any number of routers over that store. The request waits until the event
  // is durable. THREAD: any.
  LifecycleHooks hooks();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace thalweg
