// Heads of answers, so that JavaScript is told only what differs from the last head with the same
// fields: most answers differ in an offset, and making strings is what such a call costs.
//
// lib/heads.cjs keeps the other half and must be given every Difference in order. The loop's thread
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/http.h"

namespace thalweg::node {

class HeadCache {
 public:
  static constexpr size_t kHeadsMax = 64;       // what is seen later is told whole
  static constexpr size_t kDifferencesMax = 4;  // more are told whole

  // How a head is told.
  struct Difference {
    int32_t head = -1;                     // its place in the cache; -1: none
    int32_t count = -1;                    // fields that differ; -1: told whole
    int32_t fields[kDifferencesMax] = {};  // their places
    std::string text;  // their values, else "name\nvalue\nname\nvalue", line by line
  };

  // `length`: of Content-Length, which comes last.
  void Tell(const HeaderList& headers, std::optional<uint64_t> length, Difference& difference);

 private:
  struct Head {
    std::vector<std::string> names;
    std::vector<std::string> values;
  };

  Head* Find();
  void TellWhole(Difference& difference) const;

  std::vector<Head> heads_;
  std::string length_text_;
  std::vector<HeaderField> fields_;  // of the head at hand
};

}  // namespace thalweg::node
