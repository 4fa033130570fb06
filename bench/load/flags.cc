#include "bench/load/flags.h"

#include <CLI/CLI.hpp>
#include <map>
#include <sstream>

namespace thalweg::bench {
namespace {

const std::map<std::string, Mode>& Modes() {
  static const std::map<std::string, Mode> modes = {
      {"append", Mode::kAppend},      {"producer", Mode::kProducer}, {"replay", Mode::kReplay},
      {"long-poll", Mode::kLongPoll}, {"sse", Mode::kSse},           {"idle", Mode::kIdle},
      {"mixed", Mode::kMixed}};
  return modes;
}

// A value that is called one of these names.
template <typename Value>
void AddNamed(CLI::App& app, const char* flag, Value& value,
              const std::map<std::string, Value>& names, const char* description) {
  app.add_option_function<std::string>(
         flag, [&value, &names](const std::string& name) { value = names.at(name); }, description)
      ->check(CLI::IsMember(&names));
}

void AddLoad(CLI::App& app, Flags& flags) {
  static const std::map<std::string, Live> lives = {{"long-poll", Live::kLongPoll},
                                                    {"sse", Live::kSse}};
  app.add_option("--url", flags.url, "where streams are: http://127.0.0.1:4437/v1/stream")
      ->required();
  AddNamed(app, "--mode", flags.mode, Modes(),
           "append; producer: idempotent appends, one producer a connection; replay; "
           "long-poll, sse: appends at a rate, and readers at the tails; idle: such readers "
           "alone; mixed: appends, sse and replay");
  app.add_option("--seconds", flags.seconds, "how long is measured");
  app.add_option("--warmup", flags.warmup_seconds, "seconds of load before that");
  app.add_option("--readers", flags.readers, "readers at the tails, over all streams");
  AddNamed(app, "--live", flags.live, lives, "how idle readers wait");
  app.add_option("--replays", flags.replays, "readers of whole streams");
  app.add_option("--replay-prefix", flags.replay_prefix,
                 "of the names of the streams that they read, which are there already; those of "
                 "the appends where it is not given");
  app.add_flag("--replay-once", flags.replay_once,
               "they begin once it is measured, and when they are through that ends");
  app.add_option("--watch", flags.watched, "process whose CPU, memory and writing are counted");
}

void AddStreams(CLI::App& app, Flags& flags) {
  app.add_option("--streams", flags.streams.count, "how many")->check(CLI::PositiveNumber);
  app.add_option("--prefix", flags.streams.prefix, "of their names; a number follows");
  app.add_flag("!--no-create", flags.create, "they are there already");
  app.add_option("--fill", flags.fill_bytes,
                 "bytes in each before the load begins, in appends of 1 KiB");
}

void AddAppends(CLI::App& app, Flags& flags) {
  static const std::map<std::string, Pick> picks = {
      {"random", Pick::kRandom}, {"turns", Pick::kTurns}, {"connection", Pick::kConnection}};
  static const std::map<std::string, BodyType> types = {
      {"bytes", BodyType::kBytes}, {"text", BodyType::kText}, {"json", BodyType::kJson}};
  app.add_option("--connections", flags.connections, "that append")->check(CLI::PositiveNumber);
  app.add_option("--pipeline", flags.pipeline, "appends under way on each")
      ->check(CLI::PositiveNumber);
  app.add_option("--rate", flags.per_second,
                 "appends a second, all together; latency counts from when one was due. 0: each "
                 "connection appends as soon as it was answered");
  app.add_option("--requests", flags.requests_max, "end after so many appends");
  app.add_option("--bytes", flags.message.bytes, "of one message");
  AddNamed(app, "--type", flags.message.type, types, "of the streams");
  app.add_option("--batch", flags.message.batch, "JSON messages in one append")
      ->check(CLI::PositiveNumber);
  AddNamed(app, "--pick", flags.pick, picks, "the stream of an append");
}

// What does not fit together; empty: it does.
std::string Conflict(const Flags& flags) {
  const size_t least = MessageBytesMin(flags.message.type);
  if (flags.message.bytes < least)
    return "--bytes: a message carries a time and takes " + std::to_string(least) + " or more";
  if (flags.message.batch > 1 && flags.message.type != BodyType::kJson)
    return "--batch: only JSON has messages inside an append (--type json)";
  if (flags.mode == Mode::kReplay && flags.replays == 0) return "--mode replay needs --replays";
  if (flags.replay_once && flags.replays == 0) return "--replay-once needs --replays";
  const bool live = flags.mode == Mode::kSse || flags.mode == Mode::kLongPoll;
  if ((live || flags.mode == Mode::kIdle) && flags.readers == 0)
    return std::string("--mode ") + NameOf(flags.mode) + " needs --readers";
  if (live && flags.per_second == 0)
    return std::string("--mode ") + NameOf(flags.mode) + " needs --rate";
  return "";
}

}  // namespace

const char* NameOf(Mode mode) {
  for (const auto& [name, value] : Modes()) {
    if (value == mode) return name.c_str();
  }
  return "";
}

std::expected<Flags, FlagsExit> ParseFlags(int argc, const char* const* argv) {
  Flags flags;
  CLI::App app("Load on a Durable Streams server; prints one line of JSON.", "thalweg_load");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  AddLoad(app, flags);
  AddStreams(app, flags);
  AddAppends(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const int code = app.exit(error, text, text);
    return std::unexpected(FlagsExit{.code = code == 0 ? 0 : 2, .text = text.str()});
  }
  if (flags.mode == Mode::kLongPoll) flags.live = Live::kLongPoll;
  if (flags.mode == Mode::kSse || flags.mode == Mode::kMixed) flags.live = Live::kSse;
  if (const std::string conflict = Conflict(flags); !conflict.empty())
    return std::unexpected(FlagsExit{.code = 2, .text = conflict + "\n"});
  return flags;
}

}  // namespace thalweg::bench
