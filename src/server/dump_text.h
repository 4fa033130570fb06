// How `thalweg dump` says what a data directory holds: lines to read and to grep.
//
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "server/verify_fold.h"

namespace thalweg {

// Between quotes, with \xNN for what is not printable ASCII, for quotes and for backslashes.
std::string Quoted(std::string_view bytes);

// One line, without its end.
std::string StreamLine(const RestoredStream& stream);

// A record of `stream`, which is as it was before the record (a create: nothing, null).
std::string RecordLine(Lsn lsn, const Record& record, const RestoredStream* stream);

// What a segment holds of a stream: one append.
std::string StoredLine(StreamId id, Offset at, std::string_view bytes);

}  // namespace thalweg
