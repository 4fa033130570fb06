#include "stream/content_type.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(ContentType, IsComparedByItsMediaType) {
  struct Case {
    const char* why;
    const char* a;
    const char* b;
    bool want;
  };
  const Case cases[] = {
      {"the same", "text/plain", "text/plain", true},
      {"case does not count", "TEXT/Plain", "text/plain", true},
      {"parameters do not count", "text/plain; charset=utf-8", "text/plain", true},
      {"nor does space around", " text/plain\t;charset=utf-8", "text/plain ", true},
      {"another subtype", "text/plain", "text/html", false},
      {"one is the beginning of the other", "text/plain", "text/plain2", false},
      {"a suffix makes another type", "application/json", "application/vnd.x+json", false},
      {"empty is no type", "", "text/plain", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(SameMediaType(c.a, c.b), c.want) << c.why;
    EXPECT_EQ(SameMediaType(c.b, c.a), c.want) << c.why;
    EXPECT_EQ(MediaType(c.a) == MediaType(c.b), c.want) << c.why;
  }
}

TEST(ContentType, MediaTypeIsLowerCaseAndBare) {
  EXPECT_EQ(MediaType(" Text/Plain ; Charset=UTF-8"), "text/plain");
  EXPECT_EQ(MediaType(""), "");
  EXPECT_EQ(MediaType(";charset=utf-8"), "");
}

TEST(ContentType, SaysWhatTheBytesAre) {
  struct Case {
    const char* why;
    const char* type;
    ContentKind want;
  };
  const Case cases[] = {
      {"JSON mode", "application/json", ContentKind::kJson},
      {"case does not count", "APPLICATION/JSON", ContentKind::kJson},
      {"parameters do not count", "application/json; charset=utf-8", ContentKind::kJson},
      {"a suffix is not JSON mode", "application/vnd.x+json", ContentKind::kBytes},
      {"lines of JSON are not JSON mode", "application/x-ndjson", ContentKind::kBytes},
      {"longer than JSON", "application/json2", ContentKind::kBytes},
      {"text", "text/plain", ContentKind::kText},
      {"any text, any case", "Text/X-Log; a=b", ContentKind::kText},
      {"not text", "texts/plain", ContentKind::kBytes},
      {"the default", kDefaultContentType.data(), ContentKind::kBytes},
      {"empty", "", ContentKind::kBytes},
  };
  for (const Case& c : cases) EXPECT_EQ(KindOf(c.type), c.want) << c.why;
}

TEST(ContentType, IsKeptOnlyWhereItLooksLikeOne) {
  struct Case {
    const char* why;
    const char* text;
    bool want;
  };
  const Case cases[] = {
      {"plain", "text/plain", true},
      {"with parameters", "text/plain; charset=utf-8", true},
      {"vendor tree", "application/vnd.x+json", true},
      {"dot in the type", "x.y/z", true},
      {"empty", "", false},
      {"blank", "  ", false},
      {"no slash", "foo", false},
      {"no type", "/plain", false},
      {"no subtype", "text/", false},
      {"parameter for a subtype", "text/;a=b", false},
      {"a range is no type", "*/*", false},
      {"space inside the type", "te xt/plain", false},
      {"slash only in a parameter", "foo; a=b/c", false},
  };
  for (const Case& c : cases) EXPECT_EQ(LooksLikeMediaType(c.text), c.want) << c.why;
}

}  // namespace
}  // namespace thalweg
