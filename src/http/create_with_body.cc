#include "http/create_with_body.h"

namespace thalweg {

// A fork that names no type takes its source's, and by the time of its creation that may be another
// stream of another kind. Nothing else makes such a fork's type differ.
CreateOutcome CreateWithBody(Engine& engine, CreateCommand command, std::string_view bytes,
                             CommitStart start, Body& body) {
  for (;;) {
    DecodeNewBody(bytes, engine.KindOfNew(command) == ContentKind::kJson, body);
    command.payload = body.payload;
    CreateOutcome outcome = engine.Create(command, start);
    const bool is_typed = command.content_type.has_value();
    if (is_typed || outcome.verdict != CreateVerdict::kContentTypeMismatch) return outcome;
  }
}

}  // namespace thalweg
