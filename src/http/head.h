// Building the head of a response: the protocol's own fields by name, so that each is spelled once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/context.h"
#include "stream/offset.h"
#include "thalweg/http.h"

namespace thalweg {

class Head {
 public:
  // Starts with the fields that every response carries: a router's, or those given.
  explicit Head(const RouterContext& context) : Head(context.common) {}
  explicit Head(const HeaderList& common) {
    fields_.Reserve(common.wire().size() + kOwnBytes, common.size() + kOwnFields);
    fields_.AddAll(common);
  }

  Head& ContentType(std::string_view type);
  Head& NextOffset(Offset offset);   // Stream-Next-Offset
  Head& UpToDate();                  // Stream-Up-To-Date: true
  Head& Closed(bool closed = true);  // Stream-Closed: true, where `closed`
  Head& Cursor(uint64_t cursor);     // Stream-Cursor
  Head& CacheControl(std::string_view policy);
  Head& Add(std::string_view name, std::string_view value);
  Head& Add(std::string_view name, uint64_t value);

  const HeaderList& fields() const { return fields_; }

 private:
  // Room for what most answers add.
  static constexpr size_t kOwnBytes = 256;
  static constexpr size_t kOwnFields = 8;

  HeaderList fields_;
};

}  // namespace thalweg
