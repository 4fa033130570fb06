// Whether a record can have been decided on what stands before it in the log: asked of what comes
// from a disk, where a checksum holds and a rule may not.
//
// Pure. `stream` is what the record names, null where that is not there.
#pragma once

#include <string>

#include "stream/record.h"
#include "stream/state.h"

namespace thalweg {

// What a create meets.
struct CreateGround {
  bool id_is_taken = false;
  bool path_is_taken = false;
  const StreamState* source = nullptr;  // of a fork; null: not there
};

// What speaks against the record, as the end of "holds record N, …"; empty: nothing does.
std::string Objection(const CreateRecord& record, const CreateGround& ground);
std::string Objection(const AppendRecord& record, const StreamState* stream);
std::string Objection(const RemoveRecord& record, const StreamState* stream);
std::string Objection(const TouchRecord& record, const StreamState* stream);

}  // namespace thalweg
