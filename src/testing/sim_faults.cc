#include "testing/sim_faults.h"

#include "base/assert.h"

namespace thalweg {

bool OpFilter::Matches(DiskOp tried, const std::string& path) const {
  return (!op || *op == tried) && path.find(path_part) != std::string::npos;
}

void SimFaults::FailNth(const OpFilter& filter, uint64_t n, const Fault& fault) {
  THALWEG_ASSERT(n > 0 && fault.times > 0);
  THALWEG_ASSERT(fault.misread ? filter.op == DiskOp::kRead && fault.code == 0 : fault.code != 0);
  plans_.push_back({.filter = filter, .fault = fault, .first = n, .seen = 0});
}

std::optional<Fault> SimFaults::Count(DiskOp op, const std::string& path) {
  std::optional<Fault> hit;
  for (Plan& plan : plans_) {
    if (!plan.filter.Matches(op, path)) continue;
    ++plan.seen;
    if (plan.seen >= plan.first && plan.seen - plan.first < plan.fault.times) hit = plan.fault;
  }
  return hit;
}

}  // namespace thalweg
