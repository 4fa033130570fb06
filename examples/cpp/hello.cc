// A Durable Streams server in your process. Ends when its standard input does.
#include <cstdio>

#include "thalweg/server.h"

int main() {
  const auto server = thalweg::Server::Start({.port = 0});
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("listening on %s\n", (*server)->url().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}
