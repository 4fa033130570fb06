#include "stream/fit.h"

#include <gtest/gtest.h>

#include "stream/apply.h"

namespace thalweg {
namespace {

StreamState Stream(uint64_t start, std::string_view data) {
  CreateRecord record;
  record.id = {1};
  record.path = "a";
  record.content_type = "text/plain";
  record.start = {start};
  record.data = data;
  return ApplyCreate(record);
}

CreateRecord Fork(uint64_t at) {
  CreateRecord record;
  record.id = {2};
  record.path = "f";
  record.source = {1};
  record.start = {at};
  return record;
}

AppendRecord Append() {
  AppendRecord record;
  record.id = {1};
  record.data = "x";
  return record;
}

TEST(Fit, ACreateNeedsAFreeIdAFreePathAndAForkItsSource) {
  CreateRecord plain;
  plain.id = {2};
  plain.path = "a";
  EXPECT_EQ(Objection(plain, CreateGround{}), "");
  EXPECT_NE(Objection(plain, {.id_is_taken = true, .path_is_taken = false, .source = nullptr})
                .find("again"),
            std::string::npos);
  EXPECT_NE(Objection(plain, {.id_is_taken = false, .path_is_taken = true, .source = nullptr})
                .find("where it stands"),
            std::string::npos);
  EXPECT_NE(Objection(Fork(0), CreateGround{}), "");
  const StreamState source = Stream(2, "abc");
  StreamState deleted = source;
  deleted.soft_deleted = true;
  struct Row {
    const char* why;
    uint64_t at;
    const StreamState* source;
    bool fits;
  };
  const Row rows[] = {{"at its start", 2, &source, true},
                      {"at its tail", 5, &source, true},
                      {"in what it inherited", 1, &source, true},
                      {"behind its tail", 6, &source, false},
                      {"soft-deleted", 5, &deleted, false}};
  for (const Row& row : rows) {
    const CreateGround ground{.id_is_taken = false, .path_is_taken = false, .source = row.source};
    EXPECT_EQ(Objection(Fork(row.at), ground).empty(), row.fits) << row.why;
  }
}

TEST(Fit, WhatIsNotThereTakesNothing) {
  EXPECT_NE(Objection(Append(), nullptr), "");
  EXPECT_NE(Objection(RemoveRecord{.id = {1}, .at = {}}, nullptr), "");
  EXPECT_NE(Objection(TouchRecord{.id = {1}, .at = {}}, nullptr), "");
}

TEST(Fit, AStreamTakesWhatItCanHaveTaken) {
  StreamState stream = Stream(0, "abc");
  EXPECT_EQ(Objection(Append(), &stream), "");
  EXPECT_EQ(Objection(RemoveRecord{.id = {1}, .at = {}}, &stream), "");
  stream.closed = true;
  EXPECT_NE(Objection(Append(), &stream), "");
  EXPECT_EQ(Objection(RemoveRecord{.id = {1}, .at = {}}, &stream), "");
  stream.soft_deleted = true;
  EXPECT_NE(Objection(RemoveRecord{.id = {1}, .at = {}}, &stream), "");
  EXPECT_EQ(Objection(TouchRecord{.id = {1}, .at = {}}, &stream), "");
}

}  // namespace
}  // namespace thalweg
