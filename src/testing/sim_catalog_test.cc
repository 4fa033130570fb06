#include "testing/sim_catalog.h"

#include "storage/catalog_suite.h"

namespace thalweg {
namespace {

class SimCatalogCase {
 public:
  Catalog& catalog() { return borrowed_; }

 private:
  SimCatalog sim_;
  BorrowedCatalog borrowed_{sim_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(SimCatalog, CatalogSuite, SimCatalogCase);

TEST(SimCatalog, ATransactionThatIsToldToFailHasNoEffectAndOnlyThatOne) {
  SimCatalog catalog;
  catalog.FailNextCommit();
  const CatalogBatch batch{.removed = {},
                           .put = {{.id = {1}, .path = "/a", .create = "", .due_ms = {}}},
                           .head = {.last_id = {1}}};
  EXPECT_FALSE(catalog.Commit(batch));
  EXPECT_EQ(catalog.Head().value(), CatalogHead{});
  EXPECT_EQ(catalog.Find("/a").value(), std::nullopt);
  ASSERT_TRUE(catalog.Commit(batch));
  EXPECT_TRUE(catalog.Find("/a")->has_value());
}

}  // namespace
}  // namespace thalweg
