#include "stream/fit.h"

#include "stream/apply.h"

namespace thalweg {
namespace {

std::string Name(StreamId id) { return "stream " + std::to_string(id.value); }

// Also where the source inherited what stands there.
bool CanFork(const StreamState* source, Offset start) {
  return source != nullptr && !source->soft_deleted && start <= source->tail;
}

}  // namespace

std::string Objection(const CreateRecord& record, const CreateGround& ground) {
  if (ground.id_is_taken) return "which gives the id of " + Name(record.id) + " again";
  if (ground.path_is_taken) return "which creates " + std::string(record.path) + " where it stands";
  const bool is_fork = record.source != StreamId{};
  return is_fork && !CanFork(ground.source, record.start) ? "a fork of what was not there" : "";
}

std::string Objection(const AppendRecord& record, const StreamState* stream) {
  if (stream != nullptr && Fits(*stream, record)) return "";
  return "an append to " + Name(record.id) + " that it cannot have taken";
}

std::string Objection(const RemoveRecord& record, const StreamState* stream) {
  if (stream != nullptr && !stream->soft_deleted) return "";
  return "which removes " + Name(record.id) + ", which is not there";
}

std::string Objection(const TouchRecord& record, const StreamState* stream) {
  return stream != nullptr ? "" : "a use of " + Name(record.id) + ", which is not there";
}

}  // namespace thalweg
