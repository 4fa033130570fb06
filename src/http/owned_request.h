// A copy of a request that lives on its own, for those who answer later than Handle returns. A body
// that may be moved is.
#pragma once

#include <string>
#include <vector>

#include "thalweg/http.h"

namespace thalweg {

class OwnedRequest {
 public:
  explicit OwnedRequest(const Request& request);
  OwnedRequest(const OwnedRequest&) = delete;
  OwnedRequest& operator=(const OwnedRequest&) = delete;

  // Valid as long as this is.
  const Request& view() const { return view_; }

 private:
  std::string text_;  // all that the views point into, but for the body
  std::string body_;
  std::vector<HeaderField> headers_;
  Request view_;
};

}  // namespace thalweg
