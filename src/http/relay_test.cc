#include "http/relay.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "http/recording_responder.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

struct Heard final : ResponderEvents {
  void OnWritable() override { ++writable; }
  void OnCancel() override { ++cancelled; }
  int writable = 0;
  int cancelled = 0;
};

// The router's side has a plain reference, as a router does; the relay keeps itself.
class RelayTest : public testing::Test {
 protected:
  RelayTest() {
    const auto relay = std::make_shared<Relay>(loop_, router_thread_, response_);
    relay->Open();
    relay_ = relay.get();
    kept_ = relay;
  }

  // Until neither side has anything left to tell.
  void RunBoth() {
    while (loop_.RunAll() + router_thread_->RunAll() > 0) {
    }
  }

  ManualClock clock_;
  ManualExecutor loop_{clock_};
  std::shared_ptr<ManualExecutor> router_thread_ = std::make_shared<ManualExecutor>(clock_);
  RecordingResponder response_;
  Relay* relay_ = nullptr;
  std::weak_ptr<Relay> kept_;
};

TEST_F(RelayTest, AnswersOnTheLoopAndEndsWithTheAnswer) {
  relay_->Start(200, {}, 5);
  EXPECT_TRUE(relay_->Write(Bytes::Static("hello")));
  relay_->Finish();
  EXPECT_EQ(response_.status(), 0) << "the loop has not run";
  RunBoth();
  EXPECT_EQ(response_.body(), "hello");
  EXPECT_TRUE(response_.finished());
  EXPECT_TRUE(kept_.expired());
}

TEST_F(RelayTest, TellsTheRouterOfRoomOnceTheSocketHasTakenWhatWasWritten) {
  Heard heard;
  relay_->SetEvents(&heard);
  response_.set_room(0);
  relay_->Start(200, {}, std::nullopt);
  EXPECT_FALSE(relay_->Write(Bytes::Own(std::string(300u << 10, 'x'))));
  RunBoth();
  EXPECT_EQ(heard.writable, 0);
  response_.MakeRoom();
  RunBoth();
  EXPECT_EQ(heard.writable, 1);
  relay_->Abort();
  RunBoth();
  EXPECT_TRUE(response_.aborted());
  EXPECT_TRUE(kept_.expired());
}

TEST_F(RelayTest, TellsTheRouterThatTheClientIsGoneAndEnds) {
  Heard heard;
  relay_->SetEvents(&heard);
  relay_->Start(200, {}, std::nullopt);
  loop_.RunAll();
  response_.Cancel();
  EXPECT_EQ(heard.cancelled, 0) << "not on the loop's thread";
  RunBoth();
  EXPECT_EQ(heard.cancelled, 1);
  EXPECT_TRUE(kept_.expired());
}

TEST_F(RelayTest, MayHearOfItsClientsEndWhenNothingElseKeepsTheRoutersThread) {
  Heard heard;
  relay_->SetEvents(&heard);
  relay_->Start(200, {}, std::nullopt);
  loop_.RunAll();
  const std::weak_ptr<ManualExecutor> router_thread = std::exchange(router_thread_, nullptr);
  ASSERT_FALSE(router_thread.expired());
  response_.Cancel();
  router_thread.lock()->RunAll();
  EXPECT_TRUE(kept_.expired());
  EXPECT_TRUE(router_thread.expired());
}

TEST_F(RelayTest, CutsOffWhereAFileCannotBeReadAndStaysUntilTheRouterEndsIt) {
  relay_->Start(200, {}, 20);
  EXPECT_TRUE(relay_->WriteFile({.owner = nullptr, .fd = -1, .begin = 0, .length = 10}));
  RunBoth();
  EXPECT_TRUE(response_.aborted());
  ASSERT_FALSE(kept_.expired()) << "the router goes on with its answer";
  EXPECT_TRUE(relay_->Write(Bytes::Static("0123456789")));
  relay_->Finish();
  RunBoth();
  EXPECT_EQ(response_.body(), "");
  EXPECT_TRUE(kept_.expired());
}

TEST_F(RelayTest, ARouterThatWaitsHearsOfAFileThatCannotBeReadAsOfTheClientsEnd) {
  Heard heard;
  relay_->SetEvents(&heard);
  relay_->Start(200, {}, std::nullopt);
  EXPECT_TRUE(relay_->WriteFile({.owner = nullptr, .fd = -1, .begin = 0, .length = 10}));
  RunBoth();
  EXPECT_EQ(heard.cancelled, 1);
  EXPECT_TRUE(kept_.expired());
}

}  // namespace
}  // namespace thalweg
