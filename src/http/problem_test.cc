#include "http/problem.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "engine/engine.h"
#include "http/background_answers.h"
#include "http/compressed_pages.h"
#include "http/head.h"
#include "http/problem_codes.h"
#include "http/recording_responder.h"
#include "http/room_waits.h"
#include "http/shared_answers.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

TEST(Problems, SpeakOfSequenceOnlyInConflictsOfOrder) {
  for (const Problem* problem : kAllProblems) {
    if (problem->status != 409) continue;
    const bool of_order = problem == &kProducerGap || problem == &kStreamSeqRegressed;
    EXPECT_EQ(problem->title.find("sequence") != std::string_view::npos, of_order) << problem->code;
  }
}

// The rows "| status | `code` | ..." of the page's first table; the second is the transport's.
std::set<std::string> DocumentedRows() {
  std::ifstream page(THALWEG_ERRORS_PAGE);
  EXPECT_TRUE(page.is_open());
  std::set<std::string> rows;
  for (std::string line; std::getline(page, line);) {
    if (line == "Answered by the connection:") break;
    const size_t code = line.find(" | `");
    if (!line.starts_with("| ") || code == std::string::npos) continue;
    rows.insert(line.substr(2, line.find('`', code + 4) + 1 - 2));
  }
  return rows;
}

TEST(Problems, StandInTheDocumentAndNoOthersDo) {
  std::set<std::string> rows;
  for (const Problem* problem : kAllProblems) {
    const std::string row =
        std::to_string(problem->status) + " | `" + std::string(problem->code) + "`";
    EXPECT_TRUE(rows.insert(row).second) << row << " twice";
  }
  EXPECT_EQ(rows, DocumentedRows());
}

TEST(SendProblem, EscapesWhatItQuotes) {
  ManualClock clock;
  ManualExecutor executor(clock);
  const EnginePtr engine = OpenMemoryEngine(clock);
  const auto port = engine->Attach(executor);
  BackgroundAnswers background(executor);
  CompressedPages compressed;
  SharedAnswers compressing(executor);
  RoomWaits room_waits(executor, clock);
  const RouterContext context{.engine = *engine,
                              .port = *port,
                              .executor = executor,
                              .workers = nullptr,
                              .clock = clock,
                              .options = {},
                              .common = HeaderList(),
                              .security = HeaderList(),
                              .background = background,
                              .compressed = compressed,
                              .compressing = compressing,
                              .room_waits = room_waits};
  RecordingResponder answer;
  SendProblem(answer, Head(context), kBadOffset, "a\"b\\c\n\x01\xff");
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.Header("content-type"), "application/problem+json");
  EXPECT_EQ(answer.body(),
            R"({"type":"about:blank","title":"The offset is malformed.","status":400,)"
            R"("code":"bad-offset","detail":"a\"b\\c\u000a\u0001\u00ff"})");
}

}  // namespace
}  // namespace thalweg
