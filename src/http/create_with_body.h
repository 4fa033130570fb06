// Creates a stream with the bytes that came with the wish.
#pragma once

#include <string_view>

#include "engine/commit_start.h"
#include "engine/engine.h"
#include "http/decode.h"

namespace thalweg {

// Engine::Create with `bytes` as the payload, which `body` holds as the stream's kind wants it.
CreateOutcome CreateWithBody(Engine& engine, CreateCommand command, std::string_view bytes,
                             CommitStart start, Body& body);

}  // namespace thalweg
