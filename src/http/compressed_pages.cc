#include "http/compressed_pages.h"

#include <utility>

namespace thalweg {

namespace {

constexpr size_t kSharedMin = 64;   // are remembered before it is asked who still holds them
constexpr size_t kNameBytes = 512;  // what a page takes beside its bytes

size_t CostOf(const Bytes& page) { return page.size() + kNameBytes; }

}  // namespace

// Bytes that count for as long as they are there.
class CompressedPages::Held {
 public:
  Held(std::shared_ptr<std::atomic<size_t>> count, size_t bytes, Bytes page)
      : count_(std::move(count)), bytes_(bytes), page_(std::move(page)) {
    *count_ += bytes_;
  }
  ~Held() { *count_ -= bytes_; }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  std::string_view page() const { return page_.view(); }

 private:
  const std::shared_ptr<std::atomic<size_t>> count_;
  const size_t bytes_;
  const Bytes page_;
};

std::optional<Bytes> CompressedPages::Find(const std::string& etag) const {
  const auto found = shared_.find(etag);
  if (found == shared_.end()) return std::nullopt;
  auto owner = found->second.owner.lock();
  if (owner == nullptr) return std::nullopt;
  return Bytes(std::move(owner), found->second.bytes);
}

bool CompressedPages::MakeRoomFor(const std::string& etag, size_t bytes) {
  if (Find(etag)) return true;
  if (bytes > kBytesMax) return false;
  while (*held_bytes_ > kBytesMax - bytes && !kept_.empty()) DropOldest();
  return *held_bytes_ <= kBytesMax - bytes;
}

CompressedPages::Place CompressedPages::TakePlace(size_t bytes) {
  return std::make_shared<Held>(held_bytes_, bytes, Bytes());
}

Bytes CompressedPages::Share(const std::string& etag, Bytes compressed) {
  if (auto found = Find(etag)) return *std::move(found);
  if (shared_.size() >= shared_max_) {
    std::erase_if(shared_, [](const auto& entry) { return entry.second.owner.expired(); });
    shared_max_ = 2 * shared_.size() + kSharedMin;
  }
  const size_t cost = CostOf(compressed);
  auto held = std::make_shared<Held>(held_bytes_, cost, std::move(compressed));
  const std::string_view view = held->page();
  Bytes page(std::move(held), view);
  shared_.insert_or_assign(etag, Shared{page.owner(), view});
  Keep(page);
  return page;
}

void CompressedPages::Keep(const Bytes& page) {
  kept_bytes_ += CostOf(page);
  kept_.push_back(page);
  while (kept_bytes_ > kKeptBytesMax) DropOldest();
}

void CompressedPages::DropOldest() {
  kept_bytes_ -= CostOf(kept_.front());
  kept_.pop_front();
}

}  // namespace thalweg
