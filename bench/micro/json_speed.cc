// How fast one core checks JSON bodies and splits them into the bytes that are kept.
//
//   thalweg_json_speed [SECONDS]      for each shape of body (1)
//
// Prints for each shape its bytes, and GB/s (10^9 bytes of body) of the whole, and of its parts:
// the check of UTF-8, the walk over the values; the rest is the copy.
#include <simdjson.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "stream/json_messages.h"
#include "stream/json_scanner.h"

namespace thalweg::bench {
namespace {

struct Shape {
  const char* name;
  std::string body;
};

std::string Repeated(std::string_view value, size_t count) {
  std::string body = "[";
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) body += ',';
    body += value;
  }
  return body + ']';
}

// The message of thalweg_load, made `bytes` long.
std::string Message(size_t bytes) {
  std::string message = R"({"t":"#0123456789abcdef","x":")";
  while (message.size() < bytes - 2) message += static_cast<char>('a' + message.size() % 26);
  return message + R"("})";
}

std::array<Shape, 5> Shapes() {
  const std::string event =
      R"({"id": 1234567, "type": "issue.updated", "actor": {"login": "ada", "admin": false},)"
      R"( "labels": ["bug", "p1"], "score": -12.5e3, "closed": null, "title": "Größe \"x\"\n"})";
  return {{
      {"100 messages of 100 B", Repeated(Message(100), 100)},
      {"one message of 100 B", Message(100)},
      {"one message of 64 KiB", Message(64 << 10)},
      {"100 nested events", Repeated(event, 100)},
      {"1,000 short numbers", Repeated("12345", 1000)},
  }};
}

// GB/s of `work` on bodies of `bytes`, over about so many seconds.
template <typename Work>
double Speed(size_t bytes, double seconds, Work&& work) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 100;  // between two looks at the clock
  const auto begun = Clock::now();
  std::chrono::duration<double> passed{};
  size_t done = 0;
  while (passed.count() < seconds) {
    for (int round = 0; round < kRounds; ++round) {
      THALWEG_ASSERT(work());
    }
    done += kRounds * bytes;
    passed = Clock::now() - begun;
  }
  return static_cast<double>(done) / passed.count() / 1e9;
}

void Measure(const Shape& shape, double seconds) {
  const std::string& body = shape.body;
  const double whole = Speed(body.size(), seconds, [&] { return SplitJson(body).has_value(); });
  const double utf8 = Speed(body.size(), seconds,
                            [&] { return simdjson::validate_utf8(body.data(), body.size()); });
  const double walk = Speed(body.size(), seconds, [&] { return JsonScanner(body).SkipValue(); });
  std::printf("%-22s %7zu bytes  %6.2f GB/s  UTF-8 %6.2f  walk %6.2f\n", shape.name, body.size(),
              whole, utf8, walk);
}

int Main(int argc, char** argv) {
  double seconds = 1;
  if (argc == 2) {
    const std::string_view text = argv[1];
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  for (const Shape& shape : Shapes()) Measure(shape, seconds);
  return 0;
}

}  // namespace
}  // namespace thalweg::bench

int main(int argc, char** argv) { return thalweg::bench::Main(argc, argv); }
