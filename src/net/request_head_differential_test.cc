// What RequestHead accepts, llhttp in strict mode accepts with the same meaning, but for the
// differences that are named in llhttp_opinion.h.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "net/llhttp_opinion.h"

namespace thalweg {
namespace {

using Progress = RequestHead::Progress;

constexpr int kValidHeads = 4'000;
constexpr int kMutants = 60'000;

const HttpLimits kLimits;

class HeadGenerator {
 public:
  explicit HeadGenerator(uint64_t seed) : random_(seed) {}

  // A head that every server must understand.
  std::string Valid() {
    const bool http10 = Chance(5);
    std::string head = Pick({"", "", "", "\r\n"});
    const std::string method =
        Pick({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "M-SEARCH"});
    head += method + " " + Target(method) + (http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    std::vector<std::string> lines = {Name("Host") +
                                      Pick({"h", "h:80", "", "a.b-c.example:8080", "[::1]:80"})};
    if (Chance(2)) lines.push_back(Framing(http10));
    if (Chance(3)) lines.push_back(Connection(http10));
    for (size_t more = Below(Chance(10) ? 90 : 8); more > 0; --more) lines.push_back(AnyField());
    std::ranges::shuffle(lines, random_);
    for (const std::string& line : lines) head += line + Pick({"", "", "", " ", "  "}) + "\r\n";
    return head + "\r\n";
  }

  // Much the same, with up to three places changed.
  std::string Mutant() {
    std::string head = Valid();
    for (size_t changes = 1 + Below(3); changes > 0 && !head.empty(); --changes) Change(head);
    return head;
  }

 private:
  size_t Below(size_t limit) { return random_() % limit; }
  bool Chance(size_t one_in) { return Below(one_in) == 0; }
  std::string Pick(std::vector<std::string> choices) { return choices[Below(choices.size())]; }

  std::string Text(std::string_view bytes, size_t length_max) {
    std::string text(Below(length_max + 1), ' ');
    for (char& c : text) c = bytes[Below(bytes.size())];
    return text;
  }

  std::string Target(const std::string& method) {
    if (method == "OPTIONS" && Chance(3)) return "*";
    const std::string path = "/" + Text("abcXYZ019-._~!$&'()*+,;=:@%/|^`{}<>\"\\[]", 40);
    const std::string query = Chance(2) ? "?" + Text("ab=&?/%:;", 30) : "";
    if (!Chance(5)) return path + query;
    return Pick({"http", "HTTPS"}) + "://" + Pick({"h", "h:80", "[::1]", "a%20b"}) +
           (Chance(3) ? "" : path) + query;
  }

  std::string Name(std::string name) {
    for (char& c : name) {
      if (Chance(8)) c = static_cast<char>(Chance(2) ? std::toupper(c) : std::tolower(c));
    }
    return name + ":" + Pick({" ", " ", " ", "", "  "});
  }

  std::string Framing(bool http10) {
    if (http10 || Chance(2)) {
      return Name("Content-Length") + std::to_string(random_() >> Below(64));
    }
    return Name("Transfer-Encoding") + Pick({"chunked", "Chunked", "CHUNKED"});
  }

  std::string Connection(bool http10) {
    std::string options = Pick({"close", "Close", "upgrade", "x", "closed", "keep-alive-not", ""});
    if (!http10 || Chance(2)) options = Pick({"keep-alive", "Keep-Alive", "x", "close"});
    if (Chance(3)) options = Pick({"x", "upgrade", "te", "c"}) + Pick({",", ", ", " , "}) + options;
    if (Chance(3)) options += Pick({",", ", "}) + Pick({"x", "upgrade", "te", "k"});
    return Name("Connection") + options;
  }

  std::string AnyField() {
    const std::string name = Text("abcXYZ019-_.!#$%&'*+^`|~", 30);
    return Name("x" + name) + Text("abc XYZ\t019\"(),/:;<=>?@[]{}\x80\xff", Chance(8) ? 300 : 40);
  }

  void Change(std::string& head) {
    static const std::vector<std::string> kPieces = {"\r",
                                                     "\n",
                                                     "\r\n",
                                                     " ",
                                                     "\t",
                                                     ":",
                                                     ",",
                                                     "#",
                                                     "?",
                                                     "\r\n ",
                                                     "\r\n\r\n",
                                                     "\x7f",
                                                     "\x80",
                                                     "\v",
                                                     "close",
                                                     "keep-alive",
                                                     "chunked",
                                                     "Host: a\r\n",
                                                     "\r\nContent-Length: 5",
                                                     "\r\nTransfer-Encoding: chunked",
                                                     "HTTP/1.1",
                                                     "HTTP/1.0",
                                                     "0",
                                                     std::string(1, '\0')};
    const size_t at = Below(head.size());
    switch (Below(5)) {
      case 0: head[at] = static_cast<char>(Below(256)); break;
      case 1: head.erase(at, 1 + Below(Chance(3) ? 20 : 1)); break;
      case 2: head.insert(at, Pick(kPieces)); break;
      case 3: head.replace(at, 1, Pick(kPieces)); break;
      default: head.insert(at, head.substr(Below(head.size()), Below(30)));
    }
  }

  std::mt19937_64 random_;
};

// Empty: we refuse it, want more of it, or both agree.
std::string Difference(std::string_view bytes, Progress& ours) {
  std::string own(bytes);
  RequestHead head(kLimits);
  ours = head.Read(own);
  if (ours != Progress::kWhole || KnownDifferenceOf(head) != KnownDifference::kNone) return {};
  return DifferenceFromLlhttp(head, bytes.substr(0, head.bytes()));
}

TEST(RequestHeadDifferential, BothAcceptWhatIsValidWithTheSameMeaning) {
  HeadGenerator generator(1);
  for (int i = 0; i < kValidHeads; ++i) {
    const std::string bytes = generator.Valid();
    Progress ours{};
    EXPECT_EQ(Difference(bytes, ours), "") << bytes;
    ASSERT_EQ(ours, Progress::kWhole) << bytes;
  }
}

TEST(RequestHeadDifferential, WhatWeAcceptOfMutantsLlhttpAcceptsWithTheSameMeaning) {
  HeadGenerator generator(2);
  int accepted = 0;
  for (int i = 0; i < kMutants; ++i) {
    const std::string bytes = generator.Mutant();
    Progress ours{};
    ASSERT_EQ(Difference(bytes, ours), "") << bytes;
    accepted += ours == Progress::kWhole ? 1 : 0;
  }
  EXPECT_GT(accepted, kMutants / 10);
  EXPECT_LT(accepted, kMutants * 9 / 10);
}

TEST(RequestHeadDifferential, EveryKnownDifferenceIsOne) {
  struct Case {
    std::string_view fields, difference;
    KnownDifference known;
  };
  const Case cases[] = {
      {"1.1\r\nContent-Length: 5\t", "llhttp refuses it", KnownDifference::kTabInAFieldThatItReads},
      {"1.1\r\nTransfer-Encoding: chunked\t", "chunked", KnownDifference::kTabInAFieldThatItReads},
      {"1.1\r\nConnection: close\t", "keep-alive", KnownDifference::kTabInAFieldThatItReads},
      {"1.0\r\nConnection: close, keep-alive", "keep-alive",
       KnownDifference::kCloseBesideKeepAliveInHttp10},
  };
  for (const Case& c : cases) {
    const std::string bytes = "POST / HTTP/" + std::string(c.fields) + "\r\nHost: h\r\n\r\n";
    std::string own = bytes;
    RequestHead head(kLimits);
    ASSERT_EQ(head.Read(own), Progress::kWhole) << c.fields;
    EXPECT_EQ(KnownDifferenceOf(head), c.known) << c.fields;
    EXPECT_EQ(DifferenceFromLlhttp(head, bytes), c.difference) << c.fields;
  }
}

TEST(RequestHeadDifferential, LlhttpIsAskedAboutAHigherMinorVersionAsIfItWere11) {
  const std::string bytes = "GET /HTTP/1.4 HTTP/1.2\r\nHost: h\r\n\r\n";
  EXPECT_FALSE(AskLlhttp(bytes).accepted);
  std::string own = bytes;
  RequestHead head(kLimits);
  ASSERT_EQ(head.Read(own), Progress::kWhole);
  EXPECT_EQ(DifferenceFromLlhttp(head, bytes), "");
}

}  // namespace
}  // namespace thalweg
