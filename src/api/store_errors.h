// What refusals of the engine are in the words of the public API. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "thalweg/store.h"

namespace thalweg {

// `detail` says more about this very call; empty: the code's own sentence is all.
std::unexpected<StoreError> Refuse(StoreErrc code, std::string_view detail = {});

// As ParseKey of http/target.h.
std::expected<std::string_view, StoreError> KeyOf(std::string_view path, std::string& storage);

// REQUIRES of all: something is refused.
std::unexpected<StoreError> Refuse(Trouble trouble);
std::unexpected<StoreError> Refuse(ReadVerdict verdict);
std::unexpected<StoreError> Refuse(CreateVerdict verdict, std::string_view json_error);
std::unexpected<StoreError> Refuse(const AppendOutcome& outcome, std::string_view json_error);

}  // namespace thalweg
