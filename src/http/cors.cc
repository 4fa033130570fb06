#include "http/cors.h"

namespace thalweg {

namespace {

constexpr std::string_view kAllowedHeaders =
    "content-type, authorization, if-none-match, stream-seq, stream-ttl, stream-expires-at, "
    "stream-closed, stream-forked-from, stream-fork-offset, stream-fork-sub-offset, producer-id, "
    "producer-epoch, producer-seq";

constexpr std::string_view kExposedHeaders =
    "stream-next-offset, stream-cursor, stream-up-to-date, stream-closed, stream-ttl, "
    "stream-expires-at, stream-sse-data-encoding, producer-epoch, producer-seq, "
    "producer-expected-seq, producer-received-seq, etag, location, content-type, "
    "content-encoding, vary, retry-after";

constexpr uint64_t kPreflightMaxAgeS = 86'400;

}  // namespace

HeaderList SecurityFields() {
  HeaderList fields;
  fields.Add("x-content-type-options", "nosniff");
  fields.Add("cross-origin-resource-policy", "cross-origin");
  return fields;
}

HeaderList CommonFields(const RouterOptions& options) {
  HeaderList fields = SecurityFields();
  if (options.cors) {
    fields.Add("access-control-allow-origin", "*");
    fields.Add("access-control-expose-headers", kExposedHeaders);
  }
  return fields;
}

void SendOptions(const RouterContext& context, Responder& responder) {
  Head head(context);
  head.Add("allow", kAllowedMethods);
  if (context.options.cors) {
    head.Add("access-control-allow-methods", kAllowedMethods)
        .Add("access-control-allow-headers", kAllowedHeaders)
        .Add("access-control-max-age", kPreflightMaxAgeS);
  }
  responder.Respond(204, head.fields(), {});
}

}  // namespace thalweg
