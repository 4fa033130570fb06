#include "http/target.h"

#include <gtest/gtest.h>

#include "http/problem_codes.h"

namespace thalweg {
namespace {

TEST(StreamPath, HasOneKeyForEverySpelling) {
  struct Case {
    const char* why;
    std::string path;
    std::string key;
  };
  const Case cases[] = {
      {"plain", "/v1/stream/a", "a"},
      {"slashes belong to the key", "/v1/stream/a/b/", "a/b/"},
      {"an encoded unreserved character is the character", "/v1/stream/%41%2d%7E", "A-~"},
      {"other encodings stay, in upper case", "/v1/stream/a%2fb%20c", "a%2Fb%20c"},
      {"bytes beyond ASCII are encoded", "/v1/stream/\xc3\xa9", "%C3%A9"},
      {"what no path may hold is encoded", "/v1/stream/r{7}|\"^\"", "r%7B7%7D%7C%22%5E%22"},
      {"as by who encodes it", "/v1/stream/r%7b7%7D%7c%22%5E%22", "r%7B7%7D%7C%22%5E%22"},
      {"what a path may hold stays as it came", "/v1/stream/!$&'()*+,;=:@%21", "!$&'()*+,;=:@%21"},
      {"an encoded percent sign is not decoded twice", "/v1/stream/%2541", "%2541"},
      {"dots within a segment are no dot segment", "/v1/stream/..a/.b/c..", "..a/.b/c.."},
      {"only the whole first segment is reserved", "/v1/stream/__dsx", "__dsx"},
      {"only the first segment is reserved", "/v1/stream/a/__ds", "a/__ds"},
      {"empty segments stay", "/v1/stream//a", "/a"},
  };
  for (const Case& c : cases) {
    const auto key = ParseStreamPath("/v1/stream", c.path);
    ASSERT_TRUE(key) << c.why;
    EXPECT_EQ(*key, c.key) << c.why;
  }
}

TEST(StreamPath, RefusesWhatNamesNoStream) {
  struct Case {
    const char* why;
    std::string path;
    const Problem* want;
  };
  const Case cases[] = {
      {"the base path alone", "/v1/stream", &kNotFound},
      {"no key", "/v1/stream/", &kNotFound},
      {"the base path ends at a segment", "/v1/streamX/a", &kNotFound},
      {"elsewhere", "/healthz", &kNotFound},
      {"no digits", "/v1/stream/%", &kBadPath},
      {"one digit", "/v1/stream/a%4", &kBadPath},
      {"no hexadecimal digits", "/v1/stream/%zz", &kBadPath},
      {"encoded NUL", "/v1/stream/a%00", &kBadPath},
      {"encoded line feed", "/v1/stream/a%0a", &kBadPath},
      {"encoded DEL", "/v1/stream/a%7F", &kBadPath},
      {"raw control", "/v1/stream/a\x01", &kBadPath},
      {"dot segment", "/v1/stream/./a", &kBadPath},
      {"dot segments", "/v1/stream/a/../b", &kBadPath},
      {"encoded dot segments", "/v1/stream/a/%2e%2E", &kBadPath},
      {"reserved", "/v1/stream/__ds", &kSubscriptionsMissing},
      {"below reserved", "/v1/stream/__ds/subscriptions/x", &kSubscriptionsMissing},
      {"reserved in disguise", "/v1/stream/%5F%5fds/x", &kSubscriptionsMissing},
      {"too long", "/v1/stream/" + std::string(kStreamKeyBytesMax + 1, 'a'), &kPathTooLong},
  };
  for (const Case& c : cases) {
    const auto key = ParseStreamPath("/v1/stream", c.path);
    ASSERT_FALSE(key) << c.why;
    EXPECT_EQ(key.error().problem, c.want) << c.why;
  }
}

TEST(StreamPath, TakesAKeyOfTheGreatestLength) {
  EXPECT_TRUE(ParseStreamPath("/v1/stream", "/v1/stream/" + std::string(kStreamKeyBytesMax, 'a')));
}

TEST(StreamPath, MayLiveAtTheRoot) {
  EXPECT_EQ(ParseStreamPath(NormalBasePath("/"), "/a/b").value(), "a/b");
  EXPECT_FALSE(ParseStreamPath(NormalBasePath(""), "/"));
}

TEST(StreamPath, IsWhatStandsBelowTheBaseWhereNothingIsToBeDecoded) {
  for (const char* base : {"/v1/stream", ""}) {
    for (const char* key : {"a", "a/b", "/a", "a~b"}) {
      const std::string path = std::string(base) + "/" + key;
      EXPECT_EQ(BelowBase(base, path), ParseStreamPath(base, path).value()) << path;
    }
    EXPECT_EQ(BelowBase(base, std::string(base) + "/"), "");
  }
  for (const char* path : {"", "/", "/v1/stream", "/v1/streams/a", "/elsewhere/a"}) {
    EXPECT_EQ(BelowBase("/v1/stream", path), "") << path;
  }
}

TEST(NormalBasePath, BeginsWithASlashAndEndsWithoutOne) {
  EXPECT_EQ(NormalBasePath("/v1/stream/"), "/v1/stream");
  EXPECT_EQ(NormalBasePath("streams"), "/streams");
  EXPECT_EQ(NormalBasePath("/"), "");
}

TEST(ForkSource, IsAPathWithOrWithoutTheBase) {
  for (const char* value : {"/v1/stream/a/b", "/a/b", "a/b", "/v1/stream/%61/b"}) {
    EXPECT_EQ(ParseForkSource({"/v1/stream"}, value).value(), "a/b") << value;
  }
}

TEST(ForkSource, MayHoldAnAddress) {
  for (const char* value : {"/v1/stream/feed/https://a.test/b", "/feed/https://a.test/b"}) {
    EXPECT_EQ(ParseForkSource({"/v1/stream"}, value).value(), "feed/https://a.test/b") << value;
  }
}

TEST(ForkSource, MayBeSpelledWithTheMount) {
  struct Case {
    const char* why;
    StreamRoot root;
    const char* value;
    const char* want;
  };
  const StreamRoot both{.base = "/v1/stream", .mount = "/api/"};
  const StreamRoot at_root{.base = "", .mount = "/api"};
  const Case cases[] = {
      {"mount and base", both, "/api/v1/stream/a", "a"},
      {"base alone", both, "/v1/stream/a", "a"},
      {"bare", both, "/a", "a"},
      {"a mount without the base is a part of the key", both, "/api/a", "api/a"},
      {"not the mount, but begins like it", both, "/apis/v1/stream/a", "apis/v1/stream/a"},
      {"mounted streams at the root", at_root, "/api/a", "a"},
      {"bare at the root", at_root, "/a", "a"},
      {"no mount", {.base = ""}, "/api/a", "api/a"},
      {"the mount is cut once", at_root, "/api/api/a", "api/a"},
  };
  for (const Case& c : cases) {
    const auto key = ParseForkSource(c.root, c.value);
    ASSERT_TRUE(key) << c.why;
    EXPECT_EQ(*key, c.want) << c.why;
  }
}

TEST(ForkSource, RefusesWhatCannotBeAStream) {
  struct Case {
    const char* why;
    const char* value;
    const Problem* want;
  };
  const Case cases[] = {
      {"absolute address", "http://example.test/v1/stream/a", &kForkSourceNotFound},
      {"no key", "/v1/stream/", &kForkSourceNotFound},
      {"root", "/", &kForkSourceNotFound},
      {"reserved", "/v1/stream/__ds/x", &kForkSourceNotFound},
      {"bad encoding", "/v1/stream/%zz", &kBadFork},
      {"dot segment", "/v1/stream/../x", &kBadFork},
  };
  for (const Case& c : cases) {
    const auto key = ParseForkSource({"/v1/stream"}, c.value);
    ASSERT_FALSE(key) << c.why;
    EXPECT_EQ(key.error().problem, c.want) << c.why;
  }
}

TEST(Key, IsThatOfARequestToTheSamePathAndBorrowsWhereItCan) {
  struct Case {
    const char* why;
    const char* path;
    const char* want;
    bool is_borrowed;
  };
  const Case cases[] = {
      {"a key", "rooms/lobby", "rooms/lobby", true},
      {"one slash does not count", "/rooms/lobby", "rooms/lobby", true},
      {"the second does", "//a", "/a", true},
      {"encoded without need", "r%6foms", "rooms", false},
      {"encoded in lower case", "a%2fb", "a%2Fb", false},
      {"beyond ASCII", "\xc3\xa4", "%C3%A4", false},
      {"a space", "a b", "a%20b", false},
      {"dots that are no segment", "a/...b/.c", "a/...b/.c", true},
  };
  for (const Case& c : cases) {
    std::string storage;
    const auto key = ParseKey(c.path, storage);
    ASSERT_TRUE(key) << c.why;
    EXPECT_EQ(*key, c.want) << c.why;
    EXPECT_EQ(storage.empty(), c.is_borrowed) << c.why;
    EXPECT_EQ(ParseStreamPath("", "/" + std::string(*key)).value(), *key) << c.why;
  }
}

TEST(Key, IsToldInAFormThatIsTakenForItAgain) {
  for (const char* key : {"a", "a/b", "a//", "/a", "//a"}) {
    std::string storage;
    EXPECT_EQ(ParseKey(ToldKey(key), storage).value(), key);
  }
}

TEST(Key, IsToldOfAPathHoweverThatIsWritten) {
  for (const char* path : {"a%7B", "/a%7b", "/a%7B"}) EXPECT_EQ(ToldKeyOf(path), "a%7B") << path;
  EXPECT_EQ(ToldKeyOf("//a"), "//a");
  EXPECT_EQ(ToldKeyOf("/../a"), "/../a") << "none can live there";
}

TEST(Key, RefusesWhatCannotBeAStream) {
  const std::string too_long(kStreamKeyBytesMax + 1, 'a');
  for (const char* path :
       {"", "/", "a/./b", "..", "a\x7f", "%", "__ds", "/__ds/x", too_long.c_str()}) {
    std::string storage;
    EXPECT_FALSE(ParseKey(path, storage)) << path;
  }
}

}  // namespace
}  // namespace thalweg
