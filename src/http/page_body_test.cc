#include "http/page_body.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/recording_responder.h"

namespace thalweg {
namespace {

Page PageOf(const std::vector<std::string>& parts) {
  Page page{.parts = {}, .start = {}, .end = {}};
  for (const std::string& part : parts) {
    page.parts.push_back(Bytes::Own(part));
    page.end.value += part.size();
  }
  return page;
}

std::string TextOf(PageBody body) {
  const uint64_t size = body.size;
  std::string text;
  const std::optional<std::vector<Bytes>> parts = BytesOf(std::move(body));
  for (const Bytes& part : *parts) {
    EXPECT_FALSE(part.empty());
    text += part.view();
  }
  EXPECT_EQ(text.size(), size);
  return text;
}

TEST(FramePage, MakesOneArrayOfAllPages) {
  constexpr ContentKind kJson = ContentKind::kJson;
  EXPECT_EQ(TextOf(FramePage(kJson, PageOf({}))), "[]");
  EXPECT_EQ(TextOf(FramePage(kJson, PageOf({"1,", "2,3,"}))), "[1,2,3]");
  const std::string whole = TextOf(FramePage(kJson, PageOf({"1,"}), {.is_last = false})) +
                            TextOf(FramePage(kJson, PageOf({"2,"}), {false, false})) +
                            TextOf(FramePage(kJson, PageOf({"3", ","}), {.is_first = false}));
  EXPECT_EQ(whole, "[1,2,3]");
  EXPECT_EQ(whole.size(), FramedBytes(kJson, 6));
  EXPECT_EQ(FramedBytes(kJson, 0), 2u);
}

TEST(FramePage, LeavesEverythingElseAsItStands) {
  for (const PagePlace place : {PagePlace{}, PagePlace{false, true}, PagePlace{true, false}}) {
    EXPECT_EQ(TextOf(FramePage(ContentKind::kText, PageOf({"a,", "b,"}), place)), "a,b,");
  }
  EXPECT_EQ(TextOf(FramePage(ContentKind::kBytes, PageOf({}))), "");
  EXPECT_EQ(FramedBytes(ContentKind::kText, 7), 7u);
}

TEST(WriteBody, TellsWhetherThereIsRoomForMore) {
  RecordingResponder answer;
  answer.Start(200, HeaderList(), std::nullopt);
  answer.set_room(4);
  EXPECT_TRUE(WriteBody(answer, FramePage(ContentKind::kText, PageOf({"a", "b"}))));
  EXPECT_FALSE(WriteBody(answer, FramePage(ContentKind::kText, PageOf({"c", "d"}))));
  EXPECT_EQ(answer.body(), "abcd");
}

}  // namespace
}  // namespace thalweg
