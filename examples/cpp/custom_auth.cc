// Authentication of your own in front of the streams. TOKEN in the environment is what clients must
// show. Ends when its standard input does.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bearer.h"
#include "thalweg/server.h"

int main() {
  const char* token = std::getenv("TOKEN");
  if (token == nullptr) {
    std::fprintf(stderr, "set TOKEN to what clients must show\n");
    return 2;
  }
  thalweg::ServerOptions options;
  options.port = 0;
  options.router.cache_policy = thalweg::CachePolicy::kPrivate;  // no shared cache may keep it
  options.front = [token = std::string(token)](const thalweg::Request& request,
                                               thalweg::Responder& responder) {
    // A browser asks whether it may show a token before it does.
    if (request.method == thalweg::Method::kOptions) return false;
    if (ShowsToken(request, token)) return false;  // the router goes on
    RefuseStranger(responder);
    return true;
  };
  const auto server = thalweg::Server::Start(options);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("listening on %s\n", (*server)->url().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}
