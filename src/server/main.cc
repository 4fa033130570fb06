// The program `thalweg`.
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "server/cli.h"
#include "server/serve.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const thalweg::CliResult result = thalweg::ParseCommandLine(words);
  if (const auto* config = std::get_if<thalweg::ServeConfig>(&result)) {
    return thalweg::Serve(*config);
  }
  const auto& say = std::get<thalweg::CliText>(result);
  std::fputs(say.text.c_str(), say.exit_code == 0 ? stdout : stderr);
  return say.exit_code;
}
