// Every problem that clients can meet. docs/ERRORS.md explains each; a test keeps the two together.
//
// Clients tell a conflict of order by the word "sequence" in a 409: no other 409 may use it.
#pragma once

#include "http/problem.h"

namespace thalweg {

// The address and the method.
inline constexpr Problem kBadPath{400, "bad-path", "The path is malformed."};
inline constexpr Problem kBadQuery{400, "bad-query", "The query is malformed."};
inline constexpr Problem kNotFound{404, "not-found", "Nothing is served at this path."};
inline constexpr Problem kSubscriptionsMissing{404, "subscriptions-not-available",
                                               "Subscriptions are not available."};
inline constexpr Problem kMethodNotAllowed{405, "method-not-allowed",
                                           "The method is not allowed here."};
inline constexpr Problem kPathTooLong{414, "path-too-long", "The stream's path is too long."};

// Reading.
inline constexpr Problem kBadOffset{400, "bad-offset", "The offset is malformed."};
inline constexpr Problem kOffsetNotBoundary{400, "offset-not-a-boundary",
                                            "The offset lies inside an append."};
inline constexpr Problem kOffsetBeyondTail{400, "offset-beyond-tail",
                                           "The offset lies beyond the stream's tail."};
inline constexpr Problem kBadLiveMode{400, "bad-live-mode", "The live mode is unknown."};
inline constexpr Problem kOffsetMissing{400, "offset-missing", "A live read needs an offset."};
inline constexpr Problem kTooManyReaders{503, "too-many-readers",
                                         "The stream has too many live readers."};

// The disk.
inline constexpr Problem kDiskFull{507, "disk-full", "The server's disk is full."};
inline constexpr Problem kMemoryFull{503, "memory-full",
                                     "The server's memory for new data is full; try again."};
inline constexpr Problem kStreamUnreadable{500, "stream-unreadable",
                                           "What the server has stored of the stream is damaged."};
inline constexpr Problem kStorageFailed{500, "storage-failed",
                                        "The server's disk has failed; nothing can be changed."};

inline constexpr Problem kAppendTooLong{413, "append-too-long",
                                        "More than 512 MiB cannot be appended at once."};

// Fault injection.
inline constexpr Problem kBadFault{400, "bad-fault", "The fault is described wrongly."};

// Fields of the request.
inline constexpr Problem kRepeatedHeader{400, "repeated-header", "A header may be sent only once."};
inline constexpr Problem kFieldTooLong{400, "field-too-long", "A header is longer than is kept."};
inline constexpr Problem kBadExpiry{400, "bad-expiry", "The stream's expiry is malformed."};
inline constexpr Problem kBadFork{400, "bad-fork", "The fork is described wrongly."};
inline constexpr Problem kBadProducer{400, "bad-producer", "The producer headers are malformed."};
inline constexpr Problem kContentEncoding{415, "content-encoding",
                                          "The body must not have a content coding."};
inline constexpr Problem kIfMatch{400, "if-match", "A change must not depend on an entity tag."};
inline constexpr Problem kContentTypeMissing{400, "content-type-missing",
                                             "Data needs a content type."};
inline constexpr Problem kEmptyBody{400, "empty-body", "There is nothing to append."};
inline constexpr Problem kBadJson{400, "bad-json", "The body is not valid JSON."};
inline constexpr Problem kEmptyArray{400, "empty-array", "The array has no messages."};

// The stream.
inline constexpr Problem kStreamNotFound{404, "stream-not-found", "The stream does not exist."};
inline constexpr Problem kStreamDeleted{
    410, "stream-deleted", "The stream was deleted; forks of it are still being read."};
inline constexpr Problem kStreamClosed{409, "stream-closed", "The stream is closed."};
inline constexpr Problem kContentTypeMismatch{409, "content-type-mismatch",
                                              "The content type is not the stream's."};

// Creating.
inline constexpr Problem kPreconditionFailed{412, "precondition-failed",
                                             "The stream exists, and must not."};
inline constexpr Problem kStreamExists{409, "stream-exists",
                                       "The stream exists with another configuration."};
inline constexpr Problem kClosureMismatch{409, "closure-mismatch",
                                          "The stream exists, open where closed was asked for or "
                                          "closed where open was."};
inline constexpr Problem kPathHeld{409, "path-held",
                                   "A deleted stream holds the path until its forks are gone."};
inline constexpr Problem kForkSourceNotFound{404, "fork-source-not-found",
                                             "The stream to fork does not exist."};
inline constexpr Problem kForkSourceDeleted{409, "fork-source-deleted",
                                            "The stream to fork was deleted."};
inline constexpr Problem kForkTooDeep{409, "fork-too-deep",
                                      "The stream to fork ends too long a chain of forks."};
inline constexpr Problem kForkBeyondTail{400, "fork-beyond-tail",
                                         "The fork's offset lies beyond the source's tail."};
inline constexpr Problem kForkNotBoundary{400, "fork-not-a-boundary",
                                          "The fork's offset lies inside an append."};
inline constexpr Problem kForkSubOffsetTooLarge{
    400, "fork-sub-offset-too-large",
    "The fork's sub-offset goes past the append it counts in, or 2^20."};

// Producers and order.
inline constexpr Problem kStaleEpoch{403, "stale-epoch",
                                     "A newer epoch of the producer has fenced this one."};
inline constexpr Problem kBadEpochStart{400, "bad-epoch-start",
                                        "A new epoch of a producer starts at 0."};
inline constexpr Problem kTooManyProducers{
    400, "too-many-producers",
    "The stream has too many producers; use their ids again and raise the epoch."};
inline constexpr Problem kProducerGap{409, "producer-gap",
                                      "The producer's sequence number is ahead of the next one."};
inline constexpr Problem kStreamSeqRegressed{
    409, "stream-seq-regressed", "The sequence marker is not after the stream's last one."};

inline constexpr const Problem* kAllProblems[] = {
    &kBadPath,
    &kBadQuery,
    &kNotFound,
    &kSubscriptionsMissing,
    &kMethodNotAllowed,
    &kPathTooLong,
    &kBadOffset,
    &kOffsetNotBoundary,
    &kOffsetBeyondTail,
    &kBadLiveMode,
    &kOffsetMissing,
    &kTooManyReaders,
    &kDiskFull,
    &kMemoryFull,
    &kStreamUnreadable,
    &kStorageFailed,
    &kAppendTooLong,
    &kBadFault,
    &kRepeatedHeader,
    &kFieldTooLong,
    &kContentEncoding,
    &kIfMatch,
    &kBadExpiry,
    &kBadFork,
    &kBadProducer,
    &kContentTypeMissing,
    &kEmptyBody,
    &kBadJson,
    &kEmptyArray,
    &kStreamNotFound,
    &kStreamDeleted,
    &kStreamClosed,
    &kContentTypeMismatch,
    &kPreconditionFailed,
    &kStreamExists,
    &kClosureMismatch,
    &kPathHeld,
    &kForkSourceNotFound,
    &kForkSourceDeleted,
    &kForkTooDeep,
    &kForkBeyondTail,
    &kForkNotBoundary,
    &kForkSubOffsetTooLarge,
    &kStaleEpoch,
    &kBadEpochStart,
    &kTooManyProducers,
    &kProducerGap,
    &kStreamSeqRegressed,
};

}  // namespace thalweg
