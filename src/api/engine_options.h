// What a store's options mean to its engine on a disk. Pure.
#pragma once

#include "engine/durable_engine.h"
#include "storage/log_format.h"
#include "thalweg/store.h"

namespace thalweg {

// All but what chance gives a start: the life of the engine, the salt of the log.
DurableEngineOptions EngineOptionsOf(const StoreOptions& options, const DirectoryId& directory);

}  // namespace thalweg
