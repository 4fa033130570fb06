// A request's head as JavaScript hands it over, in one string, and requests that outlive a call.
//
// Pure. THREAD: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "thalweg/http.h"

namespace thalweg::node {

// Splits "target\nmount\nname\nvalue\nname\nvalue" into `request`, brings names to lower case in
// place, and takes the authority from Host or, in HTTP/2, :authority. `fields` is the room for the
// headers.
// ENSURES: what `request` got views `head` and `fields`.
void ParseHead(std::string& head, std::vector<HeaderField>& fields, Request& request);

// A copy of a request, for another thread.
class OwnedRequest {
 public:
  explicit OwnedRequest(const Request& request);
  OwnedRequest(const OwnedRequest&) = delete;
  OwnedRequest& operator=(const OwnedRequest&) = delete;

  const Request& request() const { return request_; }

 private:
  std::string_view Keep(std::string_view text);

  std::string text_;  // all of it in a row; never grows once views are out
  std::vector<HeaderField> fields_;
  Request request_;
};

}  // namespace thalweg::node
