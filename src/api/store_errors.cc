#include "api/store_errors.h"

#include <utility>

#include "base/assert.h"
#include "http/problem_codes.h"
#include "http/target.h"
#include "http/verdict_problem.h"

namespace thalweg {
namespace {

std::string_view SentenceOf(StoreErrc code) {
  switch (code) {
    case StoreErrc::kBadArgument: return "An argument cannot be.";
    case StoreErrc::kNotFound: return kStreamNotFound.title;
    case StoreErrc::kGone: return kStreamDeleted.title;
    case StoreErrc::kExists: return kStreamExists.title;
    case StoreErrc::kPathHeld: return kPathHeld.title;
    case StoreErrc::kSourceNotFound: return kForkSourceNotFound.title;
    case StoreErrc::kSourceGone: return kForkSourceDeleted.title;
    case StoreErrc::kForkOffset: return "The fork's offset does not fit the source.";
    case StoreErrc::kForkTooDeep: return kForkTooDeep.title;
    case StoreErrc::kContentTypeMissing: return kContentTypeMissing.title;
    case StoreErrc::kContentTypeMismatch: return kContentTypeMismatch.title;
    case StoreErrc::kClosed: return kStreamClosed.title;
    case StoreErrc::kStaleEpoch: return kStaleEpoch.title;
    case StoreErrc::kBadEpochStart: return kBadEpochStart.title;
    case StoreErrc::kTooManyProducers: return kTooManyProducers.title;
    case StoreErrc::kSequenceGap: return kProducerGap.title;
    case StoreErrc::kSequenceRegressed: return kStreamSeqRegressed.title;
    case StoreErrc::kEmptyAppend: return kEmptyBody.title;
    case StoreErrc::kBadJson: return kBadJson.title;
    case StoreErrc::kOffset: return "The offset does not fit the stream.";
    case StoreErrc::kDiskFull: return "The disk is full.";
    case StoreErrc::kMemoryFull: return "The memory for new data is full; try again.";
    case StoreErrc::kUnreadable: return "What is stored of the stream is damaged.";
    case StoreErrc::kFailed: return "The disk has failed, or the store is closing.";
  }
  THALWEG_ASSERT(false);
}

StoreErrc CodeOf(CreateVerdict verdict) {
  switch (verdict) {
    case CreateVerdict::kCreated:
    case CreateVerdict::kExists: break;
    case CreateVerdict::kConfigMismatch:
    case CreateVerdict::kClosureMismatch: return StoreErrc::kExists;
    case CreateVerdict::kPathSoftDeleted: return StoreErrc::kPathHeld;
    case CreateVerdict::kSourceMissing: return StoreErrc::kSourceNotFound;
    case CreateVerdict::kSourceSoftDeleted: return StoreErrc::kSourceGone;
    case CreateVerdict::kForkTooDeep: return StoreErrc::kForkTooDeep;
    case CreateVerdict::kContentTypeMismatch: return StoreErrc::kContentTypeMismatch;
    case CreateVerdict::kForkBeyondTail:
    case CreateVerdict::kForkNotOnBoundary:
    case CreateVerdict::kSubOffsetTooLarge: return StoreErrc::kForkOffset;
    case CreateVerdict::kBadJson: return StoreErrc::kBadJson;
  }
  THALWEG_ASSERT(false);
}

std::unexpected<StoreError> RefuseJson(std::string_view json_error) {
  return Refuse(StoreErrc::kBadJson, "The JSON is not valid: " + std::string(json_error) + ".");
}

StoreErrc CodeOf(AppendVerdict verdict) {
  switch (verdict) {
    case AppendVerdict::kAppended:
    case AppendVerdict::kClosed:
    case AppendVerdict::kDuplicate:
    case AppendVerdict::kAlreadyClosed: break;
    case AppendVerdict::kMissing: return StoreErrc::kNotFound;
    case AppendVerdict::kSoftDeleted: return StoreErrc::kGone;
    case AppendVerdict::kStreamClosed: return StoreErrc::kClosed;
    case AppendVerdict::kEmptyBody:
    case AppendVerdict::kEmptyArray: return StoreErrc::kEmptyAppend;
    case AppendVerdict::kContentTypeMissing: return StoreErrc::kContentTypeMissing;
    case AppendVerdict::kContentTypeMismatch: return StoreErrc::kContentTypeMismatch;
    case AppendVerdict::kStaleEpoch: return StoreErrc::kStaleEpoch;
    case AppendVerdict::kBadEpochStart: return StoreErrc::kBadEpochStart;
    case AppendVerdict::kTooManyProducers: return StoreErrc::kTooManyProducers;
    case AppendVerdict::kSeqGap: return StoreErrc::kSequenceGap;
    case AppendVerdict::kStreamSeqRegressed: return StoreErrc::kSequenceRegressed;
    case AppendVerdict::kBadJson: return StoreErrc::kBadJson;
  }
  THALWEG_ASSERT(false);
}

}  // namespace

std::expected<std::string_view, StoreError> KeyOf(std::string_view path, std::string& storage) {
  const auto key = ParseKey(path, storage);
  if (!key) return Refuse(StoreErrc::kBadArgument, key.error().detail);
  return *key;
}

std::unexpected<StoreError> Refuse(StoreErrc code, std::string_view detail) {
  StoreError error;
  error.code = code;
  error.message = detail.empty() ? SentenceOf(code) : detail;
  return std::unexpected(std::move(error));
}

std::unexpected<StoreError> Refuse(Trouble trouble) {
  switch (trouble) {
    case Trouble::kNone: break;
    case Trouble::kDiskFull: return Refuse(StoreErrc::kDiskFull);
    case Trouble::kMemoryFull: return Refuse(StoreErrc::kMemoryFull);
    case Trouble::kTooLong: return Refuse(StoreErrc::kBadArgument, kAppendTooLong.title);
    case Trouble::kUnreadable: return Refuse(StoreErrc::kUnreadable);
    case Trouble::kFailed: return Refuse(StoreErrc::kFailed);
  }
  THALWEG_ASSERT(false);
}

std::unexpected<StoreError> Refuse(ReadVerdict verdict) {
  switch (verdict) {
    case ReadVerdict::kOk:
    case ReadVerdict::kWouldWait: break;
    case ReadVerdict::kMissing: return Refuse(StoreErrc::kNotFound);
    case ReadVerdict::kSoftDeleted: return Refuse(StoreErrc::kGone);
    case ReadVerdict::kNotABoundary: return Refuse(StoreErrc::kOffset, kOffsetNotBoundary.title);
    case ReadVerdict::kBeyondTail: return Refuse(StoreErrc::kOffset, kOffsetBeyondTail.title);
    case ReadVerdict::kUnreadable: return Refuse(StoreErrc::kUnreadable);
    case ReadVerdict::kFailed: return Refuse(StoreErrc::kFailed);
  }
  THALWEG_ASSERT(false);
}

std::unexpected<StoreError> Refuse(CreateVerdict verdict, std::string_view json_error) {
  if (verdict == CreateVerdict::kBadJson) return RefuseJson(json_error);
  return Refuse(CodeOf(verdict), ProblemOf(verdict).title);
}

std::unexpected<StoreError> Refuse(const AppendOutcome& outcome, std::string_view json_error) {
  if (outcome.verdict == AppendVerdict::kBadJson) return RefuseJson(json_error);
  const bool is_array = outcome.verdict == AppendVerdict::kEmptyArray;
  auto refused = Refuse(CodeOf(outcome.verdict), is_array ? kEmptyArray.title : "");
  StoreError& error = refused.error();
  const bool tells_tail =
      error.code == StoreErrc::kClosed || error.code == StoreErrc::kStaleEpoch ||
      error.code == StoreErrc::kBadEpochStart || error.code == StoreErrc::kSequenceGap;
  if (tells_tail) error.current_offset = FormatOffset(outcome.tail);
  if (error.code == StoreErrc::kStaleEpoch) error.producer_epoch = outcome.producer_epoch;
  if (error.code == StoreErrc::kSequenceGap) {
    error.producer_seq_expected = outcome.producer_seq_expected;
  }
  return refused;
}

}  // namespace thalweg
