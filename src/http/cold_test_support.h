// For tests: a router over an engine with a store, whose streams leave memory and the page cache
// when a test says so. Nothing runs by itself.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/recording_responder.h"
#include "testing/manual_executor.h"
#include "testing/stored_engine.h"
#include "thalweg/router.h"

namespace thalweg {

class ColdRouterTest : public testing::Test {
 protected:
  ColdRouterTest() { Create("s", "one"); }
  ~ColdRouterTest() override {
    router_.reset();  // before the responders
    executor_.RunAll();
  }

  void Create(const std::string& path, std::string_view data) {
    RecordingResponder created;
    Handle(Method::kPut, path, "", created, {{"content-type", "text/plain"}}, data);
    Settle();
    ASSERT_EQ(created.status(), 201);
  }
  void Append(const std::string& path, std::string_view data) {
    AppendQuietly(path, data);
    Settle();
  }
  // Durable, but nobody was told.
  void AppendQuietly(const std::string& path, std::string_view data) {
    RecordingResponder& appended = replies_.emplace_back();
    Handle(Method::kPost, path, "", appended, {{"content-type", "text/plain"}}, data);
    stored_.Commit();
  }
  void Settle() {
    stored_.Commit();
    executor_.RunAll();
  }

  RecordingResponder& Get(const std::string& path, std::string_view query) {
    RecordingResponder& reply = replies_.emplace_back();
    Handle(Method::kGet, path, query, reply, {}, {});
    return reply;
  }
  RecordingResponder& Get() { return Get("s", "offset=-1"); }

  void Handle(Method method, const std::string& path, std::string_view query,
              RecordingResponder& reply, const std::vector<HeaderField>& headers,
              std::string_view body) {
    const std::string target = "/v1/stream/" + path;
    router_->Handle({.method = method,
                     .path = target,
                     .query = query,
                     .scheme = "http",
                     .authority = "example.test",
                     .headers = headers,
                     .body = body},
                    reply);
  }

  // All streams leave memory, and what the store has of them the page cache.
  void GoCold() {
    stored_.CheckpointAndEvict();
    stored_.store_disk().SetCold(true);
  }

  size_t RunWorkers() { return stored_.disk_workers().RunAll(); }
  void Arrive() {
    ASSERT_GT(RunWorkers(), 0u);
    executor_.RunAll();
  }

  std::deque<RecordingResponder> replies_;
  StoredEngine stored_;
  ManualExecutor executor_{stored_.clock()};
  std::unique_ptr<Router> router_ = std::make_unique<Router>(stored_.engine(), executor_, nullptr,
                                                             stored_.clock(), RouterOptions{});
};

}  // namespace thalweg
