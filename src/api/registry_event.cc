#include "api/registry_event.h"

#include "stream/json_text.h"

namespace thalweg {

namespace {

void AppendValue(const StreamEvent& event, std::string& out) {
  out += R"(,"value":{"path":)";
  AppendJsonString(event.path, out);
  out += R"(,"contentType":)";
  AppendJsonString(event.content_type, out);
  out.append(R"(,"createdAt":)").append(std::to_string(event.at_ms)).append("}");
}

}  // namespace

std::string RegistryEventJson(const StreamEvent& event) {
  const bool is_created = event.kind == StreamEvent::Kind::kCreated;
  std::string json = R"({"type":"stream","key":)";
  AppendJsonString(event.path, json);
  if (is_created) AppendValue(event, json);
  json.append(R"(,"headers":{"operation":")").append(is_created ? "insert" : "delete");
  return json.append("\"}}");
}

}  // namespace thalweg
