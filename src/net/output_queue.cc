#include "net/output_queue.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/assert.h"
#include "base/retry_interrupted.h"

namespace thalweg {

namespace {

constexpr int kGatherMax = 64;  // parts of one call
// Shorter bytes are copied: cheaper than a part of their own. Of reads of 500 bytes, 2 % more are
// answered.
constexpr size_t kCopiedBytesMax = 768;
constexpr size_t kSpareBytesMax = 1024;
constexpr size_t kKeptParts = 8;
constexpr size_t kCompactParts = 64;

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

// Whether this is the word of a disk and not of a socket.
bool IsOfFile(int error) {
  constexpr int kErrors[] = {EIO, EUCLEAN, EBADMSG, ENODATA, ESTALE};
  return std::ranges::find(kErrors, error) != std::end(kErrors);
}

std::string_view MemoryOf(const std::string& text) { return text; }
std::string_view MemoryOf(const Bytes& bytes) { return bytes.view(); }

}  // namespace

std::string& OutputQueue::Text() {
  if (empty() || !std::holds_alternative<std::string>(parts_.back())) {
    SealText();
    spare_.clear();
    parts_.emplace_back(std::move(spare_));
    spare_ = std::string();
  }
  return std::get<std::string>(parts_.back());
}

void OutputQueue::Append(Bytes bytes) {
  if (bytes.empty()) return;
  if (bytes.size() <= kCopiedBytesMax) {
    Text().append(bytes.view());
    return;
  }
  SealText();
  queued_bytes_ += bytes.size();
  parts_.emplace_back(std::move(bytes));
}

void OutputQueue::Append(FileRange range) {
  if (range.length == 0) return;
  SealText();
  queued_bytes_ += range.length;
  ++files_;
  parts_.emplace_back(std::move(range));
}

void OutputQueue::Splice(OutputQueue& other) {
  THALWEG_ASSERT(other.front_sent_ == 0);  // nothing is sent from a queue that waits for its turn
  for (size_t i = other.first_; i < other.parts_.size(); ++i) {
    Part& part = other.parts_[i];
    if (const std::string* text = std::get_if<std::string>(&part)) {
      Text().append(*text);
    } else {
      SealText();
      parts_.push_back(std::move(part));
    }
  }
  queued_bytes_ += other.queued_bytes_;
  files_ += other.files_;
  other.Clear();
}

void OutputQueue::Clear() {
  parts_.clear();
  if (parts_.capacity() > kKeptParts) std::vector<Part>().swap(parts_);
  first_ = 0;
  front_sent_ = 0;
  queued_bytes_ = 0;
  files_ = 0;
  sealed_text_bytes_ = 0;
}

OutputQueue::Progress OutputQueue::Flush(int fd) {
  const uint64_t end = sent_bytes_ + kFlushBytesMax;
  while (!empty()) {
    if (sent_bytes_ == end) return Progress::kTurn;
    const auto room = static_cast<size_t>(end - sent_bytes_);
    const bool is_file = std::holds_alternative<FileRange>(parts_[first_]);
    const Progress progress = is_file ? SendFile(fd, room) : SendMemory(fd, room);
    if (progress != Progress::kSent) return progress;
  }
  Clear();
  return Progress::kSent;
}

size_t OutputQueue::SendNow(int fd, std::string_view bytes) {
  THALWEG_ASSERT(empty());
  const ssize_t sent = RetryInterrupted(
      [&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT); });
  if (sent < 0) return 0;
  sent_bytes_ += static_cast<uint64_t>(sent);
  return static_cast<size_t>(sent);
}

size_t OutputQueue::cost() const {
  if (empty()) return 0;
  const auto* last = std::get_if<std::string>(&parts_.back());
  return static_cast<size_t>(queued_bytes_) + sealed_text_bytes_ +
         (last == nullptr ? 0 : last->size()) + (parts_.size() - first_) * sizeof(Part);
}

size_t OutputQueue::held_bytes() const {
  size_t bytes = parts_.capacity() * sizeof(Part) + spare_.capacity();
  for (const Part& part : parts_) {
    if (const auto* text = std::get_if<std::string>(&part)) bytes += text->capacity();
  }
  return bytes;
}

// A text at the end stops to grow: another part comes behind it.
void OutputQueue::SealText() {
  if (empty()) return;
  if (const auto* last = std::get_if<std::string>(&parts_.back())) {
    sealed_text_bytes_ += last->size();
  }
}

OutputQueue::Progress OutputQueue::SendMemory(int fd, size_t bytes_max) {
  iovec gathered[kGatherMax];
  size_t count = 0;
  bool file_follows = false;
  for (size_t i = first_; i < parts_.size() && count < kGatherMax && bytes_max > 0; ++i) {
    file_follows = std::holds_alternative<FileRange>(parts_[i]);
    if (file_follows) break;
    std::string_view memory = std::holds_alternative<Bytes>(parts_[i])
                                  ? MemoryOf(std::get<Bytes>(parts_[i]))
                                  : MemoryOf(std::get<std::string>(parts_[i]));
    if (i == first_) memory.remove_prefix(static_cast<size_t>(front_sent_));
    memory = memory.substr(0, bytes_max);
    bytes_max -= memory.size();
    gathered[count++] = {const_cast<char*>(memory.data()), memory.size()};
  }
  msghdr message{};
  message.msg_iov = gathered;
  message.msg_iovlen = count;
  // MSG_MORE lets the head of a response travel in one packet with the file's first bytes.
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (file_follows ? MSG_MORE : 0);
  const ssize_t sent = RetryInterrupted([&] { return ::sendmsg(fd, &message, flags); });
  if (sent < 0) return errno == EAGAIN ? Progress::kBlocked : Progress::kFailed;
  OnSent(static_cast<size_t>(sent));
  return Progress::kSent;
}

OutputQueue::Progress OutputQueue::SendFile(int fd, size_t bytes_max) {
  const FileRange& range = std::get<FileRange>(parts_[first_]);
  auto position = static_cast<off_t>(range.begin + front_sent_);
  const auto bytes = static_cast<size_t>(std::min<uint64_t>(range.length - front_sent_, bytes_max));
  const ssize_t sent = RetryInterrupted([&] { return ::sendfile(fd, range.fd, &position, bytes); });
  if (sent == 0 || (sent < 0 && IsOfFile(errno))) return Progress::kUnreadable;
  if (sent < 0) return errno == EAGAIN ? Progress::kBlocked : Progress::kFailed;
  OnSent(static_cast<size_t>(sent));
  return Progress::kSent;
}

void OutputQueue::OnSent(size_t bytes) {
  sent_bytes_ += bytes;
  uint64_t left = bytes;
  while (!empty()) {
    const uint64_t part_bytes =
        std::visit(Overloaded{[](const FileRange& range) { return range.length; },
                              [](const auto& memory) -> uint64_t { return memory.size(); }},
                   parts_[first_]);
    const uint64_t taken = std::min(left, part_bytes - front_sent_);
    if (!std::holds_alternative<std::string>(parts_[first_])) queued_bytes_ -= taken;
    front_sent_ += taken;
    left -= taken;
    if (front_sent_ < part_bytes) break;
    DropFront();
  }
  THALWEG_ASSERT(left == 0);
  Compact();
}

void OutputQueue::DropFront() {
  Part& front = parts_[first_];
  if (std::string* text = std::get_if<std::string>(&front)) {
    if (first_ + 1 < parts_.size()) sealed_text_bytes_ -= text->size();
    if (text->capacity() <= kSpareBytesMax && text->capacity() > spare_.capacity()) {
      spare_ = std::move(*text);
    }
  }
  if (std::holds_alternative<FileRange>(front)) --files_;
  front = Bytes();  // gives up what it held
  ++first_;
  front_sent_ = 0;
}

void OutputQueue::Compact() {
  if (first_ < kCompactParts || first_ * 2 < parts_.size()) return;
  parts_.erase(parts_.begin(), parts_.begin() + static_cast<ptrdiff_t>(first_));
  first_ = 0;
}

}  // namespace thalweg
