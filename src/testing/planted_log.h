// Mistakes on purpose, of records: what an engine decides goes into the log otherwise, or is taken
// for durable before it is. For tests that try whether other tests would see them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "storage/commit_log.h"
#include "testing/planted.h"

namespace thalweg {

class PlantedLog final : public CommitLog {
 public:
  PlantedLog(std::unique_ptr<CommitLog> log, Plant plant) : log_(std::move(log)), plant_(plant) {}

  void Attach(CommitListener* listener) override { log_->Attach(listener); }
  Lsn durable() const override {
    return plant_ == Plant::kPublishesEarly && staged_.value != 0 ? staged_ : log_->durable();
  }
  bool HasRoom() const override { return log_->HasRoom(); }
  bool HasRoomFor(size_t bytes) const override { return log_->HasRoomFor(bytes); }
  bool HasRoomForBatch() const override { return log_->HasRoomForBatch(); }
  void StartCommit() override { log_->StartCommit(); }
  void CommitNow() override { log_->CommitNow(); }
  Lsn Stage(const Record& record) noexcept override {
    Record other = record;
    if (auto* const append = std::get_if<AppendRecord>(&other)) Alter(*append);
    if (auto* const create = std::get_if<CreateRecord>(&other)) Alter(*create);
    if (auto* const touch = std::get_if<TouchRecord>(&other);
        touch != nullptr && plant_ == Plant::kForgetsUses) {
      touch->at = {};
    }
    if (const auto* const remove = std::get_if<RemoveRecord>(&record);
        remove != nullptr && plant_ == Plant::kForgetsDeletes) {
      other = TouchRecord{.id = remove->id, .at = remove->at};
    }
    return staged_ = log_->Stage(other);
  }

 private:
  void Alter(AppendRecord& record) const {
    if (plant_ == Plant::kForgetsStamps) record.producer.reset();
    if (plant_ == Plant::kForgetsSeqs) record.stream_seq.reset();
    if (record.data.empty()) return;
    if (plant_ == Plant::kForgetsCloses) record.closes = false;
    if (plant_ == Plant::kStampsApart && record.producer) record.data = record.data.substr(0, 1);
  }

  // What it has of its own stays.
  void Alter(CreateRecord& record) {
    if (plant_ != Plant::kForgetsSources) return;
    own_data_ = std::string(record.prefix) + std::string(record.data);
    record.source = {};
    record.start = {};
    record.prefix = {};
    record.data = own_data_;
    record.requested.fork_source.clear();
    record.requested.fork_at.reset();
    record.requested.fork_sub_offset = 0;
  }

  const std::unique_ptr<CommitLog> log_;
  const Plant plant_;
  std::string own_data_;
  Lsn staged_;
};

}  // namespace thalweg
