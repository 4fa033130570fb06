#include "http/page_reply.h"

#include <gtest/gtest.h>

#include <utility>

#include "http/live_test_support.h"
#include "http/recording_responder.h"

namespace thalweg {
namespace {

TEST(SendPage, TellsOfAFileThatCannotBeReadWhereItIsCompressed) {
  LiveBench bench;
  bench.Create("/s");
  const StreamHandle stream = bench.engine().Describe("/s").stream;
  constexpr uint64_t kBytes = 10'000;
  Page page{.parts = {Bytes()}, .start = {}, .end = Offset{kBytes}, .at_tail = true};
  page.files = {{.at = 0, .range = {.owner = nullptr, .fd = -1, .begin = 0, .length = kBytes}}};
  RecordingResponder answer;
  ReadConditions conditions;
  conditions.accept_encoding = "gzip";
  SendPage(bench.context(), stream, std::move(page), conditions, std::nullopt, AskedFor::kOffset,
           answer);
  EXPECT_EQ(answer.status(), 500);
  EXPECT_EQ(bench.engine().Stats().unreadable, 1u);
}

}  // namespace
}  // namespace thalweg
