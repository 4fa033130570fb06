#include "bench/load/requester.h"

#include "bench/load/stamp.h"

namespace thalweg::bench {

// One connection and when the requests under way on it were due, in the order they were sent.
class Requester::Client final : public ConnectionUser {
 public:
  Client(Requester& owner, ClientLoop& loop, size_t index)
      : index_(index), owner_(owner), connection_(loop, *this) {}

  size_t index() const { return index_; }

  void Send(std::string_view request, int64_t due_ns) {
    due_.push_back(due_ns);
    connection_.Send(request);
  }

  void OnHead(const ResponseHead& head) override { status_ = head.status; }
  void OnBody(std::string_view /*piece*/) override {}

  void OnEnd() override {
    if (due_.empty()) return;  // an answer that nobody asked for
    const int64_t due_ns = due_.front();
    due_.pop_front();
    owner_.OnAnswer(*this, due_ns, status_);
  }

  void OnReconnected() override {
    const size_t lost = due_.size();
    due_.clear();
    owner_.OnCut(*this, lost);
  }

 private:
  const size_t index_;
  Requester& owner_;
  std::deque<int64_t> due_;
  int status_ = 0;
  Connection connection_;
};

Requester::Requester(ClientLoop& loop, RequestSource& source, const RequesterOptions& options,
                     int64_t start_ns)
    : source_(source),
      pipeline_(options.pipeline),
      pacer_(options.per_second, start_ns),
      left_(options.requests_max) {
  for (size_t i = 0; i < options.connections && loop.failure().empty(); ++i) {
    clients_.push_back(std::make_unique<Client>(*this, loop, i));
  }
  for (size_t place = 0; place < pipeline_; ++place) {
    for (const auto& client : clients_) free_.push_back(client.get());
  }
}

Requester::~Requester() = default;

void Requester::Tick(int64_t now_ns) {
  while (left_ > 0 && !free_.empty()) {
    const auto due_ns = pacer_.Take(now_ns);
    if (!due_ns) return;
    Client* const client = free_.front();
    free_.pop_front();
    --left_;
    ++in_flight_;
    request_.clear();
    source_.Build(client->index(), *due_ns, request_);
    client->Send(request_, *due_ns);
  }
}

int64_t Requester::NextDue() const {
  if (left_ == 0 || free_.empty()) return std::numeric_limits<int64_t>::max();
  return pacer_.NextDue();
}

void Requester::StartMeasuring() {
  succeeded_ = 0;
  errors_ = 0;
  latencies_ = Histogram();
}

void Requester::Stop(int64_t now_ns) {
  counting_ = false;
  const bool more_are_due = left_ > 0 && !pacer_.closed_loop();
  left_ = 0;
  if (!more_are_due) return;
  while (const auto due_ns = pacer_.Take(now_ns)) {
    latencies_.Record(now_ns - *due_ns);
    ++unsent_;
  }
}

void Requester::OnAnswer(Client& client, int64_t due_ns, int status) {
  --in_flight_;
  free_.push_back(&client);
  const int64_t now_ns = NowNs();
  if (status >= 200 && status <= 299) {
    latencies_.Record(now_ns - due_ns);
    if (counting_) ++succeeded_;
  } else {
    ++errors_;
  }
  Tick(now_ns);
}

void Requester::OnCut(Client& client, size_t requests) {
  in_flight_ -= requests;
  errors_ += requests;
  free_.insert(free_.end(), requests, &client);
}

}  // namespace thalweg::bench
