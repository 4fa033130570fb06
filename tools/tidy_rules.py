"""What tools/tidy.py checks, as data: who may include whom, sizes, calls that have one place."""

from dataclasses import dataclass

LINE_COLUMNS_MAX = 100
FILE_LINES_MAX = 600
TEST_FILE_LINES_MAX = 900
FUNCTION_LINES_MAX = 70
TEST_FUNCTION_LINES_MAX = 160  # a table is as long as it has rows

# Module -> what it may include besides itself and the public headers.
INCLUDES = {
    "base": set(),
    "stream": {"base"},
    "storage": {"stream", "base"},
    "engine": {"storage", "stream", "base"},
    "http": {"engine", "stream", "base"},
    "net": {"base"},
    "api": {"net", "http", "engine", "storage", "stream", "base"},
    "server": {"api", "net", "http", "engine", "storage", "stream", "base"},
    "testing": {"engine", "storage", "stream", "base"},
    "bench": {"base"},  # it meets servers over sockets alone
    "micro": {"stream", "base"},  # bench/micro: one function, measured where it stands
}


@dataclass
class Banned:
    pattern: str  # on code without comments and literals
    allowed: str  # paths where the call has its place
    why: str
    tests_may: bool = True


_NOWHERE = r"$^"

BANNED = [
    Banned(
        r"\b(system_clock|steady_clock|high_resolution_clock)\b"
        r"|\b(clock_gettime|gettimeofday)\s*\(",
        r"^src/base/system_clock|^src/net/loop\.cc|^bench/",
        "time comes through the Clock seam",
    ),
    Banned(
        r"\b(random_device|default_random_engine|getrandom)\b|(?<![\w.>])s?rand\s*\(",
        r"^src/server/|^src/api/engine_home|^src/http/(live_shared|fault_injection)\.cc|^bench/"
        r"|^bindings/node/native/addon\.cc",
        "chance comes as an argument or through a seam",
    ),
    Banned(
        r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.>])sleep\s*\(",
        r"^bench/",
        "nobody sleeps: tests move the clock, threads wait for a condition",
        tests_may=False,
    ),
    Banned(
        r"\b(std::cout|std::cerr|fprintf|putchar|puts|fmt::print)\b"
        r"|(?<![\w:])(std::)?printf\s*\(",
        r"^src/server/|^src/base/(assert|damage)\.cc|^bench/|^examples/",
        "only the program talks to the terminal; a library answers",
    ),
    Banned(
        r"(?<!operator )\bnew\s+[A-Za-z_:]"
        r"|(?<!operator )(?<!= )\bdelete\b(\[\])?\s+[A-Za-z_*]",
        # Their constructors are private; an AsyncWorker of Node deletes itself.
        r"^src/api/(store|server)\.cc|^bindings/node/native/background\.h",
        "unique_ptr owns; use make_unique",
    ),
    Banned(r"\bthrow\b", _NOWHERE, "failures are values (std::expected)", tests_may=False),
    Banned(
        r"\bstd::(thread\b(?!::)|jthread\b|async\b)",
        r"^src/server/|^src/api/(lane|server)|^src/base/worker_pool"
        r"|^src/storage/log_threads|^src/engine/store_thread|^bench/"
        r"|^bindings/node/native/thread_executor",
        "threads are started in few places",
    ),
    Banned(
        r"(?<![\w.>])(?<!std::)"
        r"(fsync|fdatasync|rename|unlink|mkdir|ftruncate|fallocate|rmdir)\s*\(",
        r"^src/storage/posix_disk|^bench/limits/",
        "one type creates, renames, removes and syncs files",
    ),
    Banned(
        r"(?<![\w.>])(?<!std)(?:::)?"
        r"(socket|accept4?|listen|epoll_\w+|setsockopt|recv|sendmsg)\s*\(",
        r"^src/net/|^bench/|^examples/",
        "sockets live in net/",
    ),
    Banned(
        r"\b(quick_exit|_Exit|_exit|abort)\s*\(|\bstd::exit\s*\(|(?<![\w.>:])exit\s*\(",
        r"^src/base/(assert|damage)\.cc|^src/server/|^examples/",
        "only main, a failed assertion and fatal damage end the process",
    ),
    Banned(r"(?<![\w])assert\s*\(", _NOWHERE, "THALWEG_ASSERT is always on", tests_may=False),
    Banned(
        r"\b(std::sto[a-z]+|ato[ifl]+|strto[a-z]+|sscanf)\s*\(",
        _NOWHERE,
        "std::from_chars says how far it came and knows no locale",
    ),
    Banned(r"\bstd::regex\b", _NOWHERE, "unbounded stack on hostile input", tests_may=False),
    Banned(r"\busing namespace\b", _NOWHERE, "name what you use", tests_may=False),
    Banned(
        r"\bconst_cast\b",
        # zlib, iovec and Node-API know no const
        r"^src/http/compress\.cc|^src/net/output_queue\.cc|^bindings/node/native/js_responses\.cc",
        "take it as mutable, or do not change it",
    ),
    Banned(r"#pragma (GCC|clang) diagnostic", _NOWHERE, "fix the warning"),
    Banned(
        r"\bstd::ranges::(copy|copy_n|move)\b",
        _NOWHERE,
        "from what is const goes one by one in the library of GCC 12; std::copy does not",
    ),
]

# The words are put together here so that this file does not find itself.
UNFINISHED = r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b"

# Headers that only tests include, whatever their names.
TEST_SUPPORT = {"src/net/malformed_requests.h"}

# Source -> the test (or folder of tests) that covers it, where that is not a file beside it.
UNTESTED = {
    "bench/limits/fanout.cc": "bench/limits_test.py",
    "bench/limits/replay.cc": "bench/limits_test.py",
    "bench/limits/respond.cc": "bench/limits_test.py",
    "bench/limits/sync.cc": "bench/limits_test.py",
    "bench/load/client_loop.cc": "bench/load_test.py",  # against a real server
    "bench/load/live_readers.cc": "bench/load_test.py",
    "bench/load/main.cc": "bench/load_test.py",
    "bench/load/replay_readers.cc": "bench/load_test.py",
    "bench/load/requester.cc": "bench/load_test.py",
    "bench/load/run.cc": "bench/load_test.py",
    "bench/micro/json_speed.cc": "bench/CMakeLists.txt",
    "src/api/engine_home.cc": "src/api/store_test.cc",
    "src/api/registry_hooks.cc": "src/api/registry_hooks_test.cc",  # of the public registry.h
    "src/api/store.cc": "src/api/store_test.cc",  # of the public store.h
    "src/api/store_changes.cc": "src/api/store_test.cc",  # of store_commands.h
    "src/api/store_errors.cc": "src/api/store_test.cc",
    "src/api/store_reads.cc": "src/api/store_test.cc",  # of store_commands.h
    "src/engine/checkpoint.cc": "src/testing/checkpoint_test.cc",
    "src/engine/stored_expiry.cc": "src/engine/store_keeper_test.cc",
    "src/engine/store_thread.cc": "src/engine/durable_engine_test.cc",
    "src/engine/stream_entry.cc": "src/testing/checkpoint_test.cc",
    "src/engine/stream_loader.cc": "src/testing/checkpoint_test.cc",
    "src/storage/segment_merge.cc": "src/testing/checkpoint_test.cc",
    "src/testing/crash_clients.cc": "src/testing/engine_crash_test.cc",
    "src/testing/crash_oracle.cc": "src/testing/engine_crash_test.cc",
    "src/testing/crash_run.cc": "src/testing/engine_crash_test.cc",
    "src/api/lane.cc": "src/api/server_test.cc",
    "src/api/server.cc": "src/api/server_test.cc",  # of the public server.h
    "src/base/header_list.cc": "src/base/header_list_test.cc",  # of the public http.h
    "src/http/append.cc": "src/http/append_test.cc",  # handlers share handlers.h
    "src/http/create.cc": "src/http/create_test.cc",
    "src/http/fault_injection.cc": "src/http/fault_injection_test.cc",  # of the public header
    "src/http/metadata.cc": "src/http/read_test.cc",
    "src/http/path_encoding.cc": "src/http/path_encoding_test.cc",  # of the public header
    "src/http/read.cc": "src/http/read_test.cc",
    "src/http/remove.cc": "src/http/create_test.cc",
    "src/http/router.cc": "src/http/router_test.cc",
    "src/server/backup.cc": "test/e2e/operate.test.mjs",
    "src/server/directory_at_rest.cc": "src/server/verify_test.cc",
    "src/server/dump.cc": "src/server/verify_test.cc",
    "src/server/dump_text.cc": "src/server/verify_test.cc",
    "src/server/flags.cc": "src/server/cli_test.cc",
    "src/server/main.cc": "test/e2e/cli.test.mjs",
    "src/server/serve.cc": "test/e2e/cli.test.mjs",
    "src/server/spdlog_logger.cc": "test/e2e/durable.test.mjs",
    "src/server/signals.cc": "test/e2e/cli.test.mjs",
    "src/server/verify_fold.cc": "src/server/verify_test.cc",
    "src/storage/directory_clock.cc": "src/testing/directory_clock_test.cc",
    "src/storage/file_copy.cc": "src/testing/data_directory_backup_test.cc",
    "src/storage/log_copy.cc": "src/testing/data_directory_backup_test.cc",
    "src/storage/data_directory_backup.cc": "src/testing/data_directory_backup_test.cc",
    "src/storage/lmdb_env.cc": "src/storage/lmdb_catalog_test.cc",
    "src/storage/lmdb_tables.cc": "src/storage/lmdb_catalog_test.cc",
    "src/storage/lmdb_verify.cc": "src/storage/lmdb_catalog_test.cc",
    "src/storage/log_recovery.cc": "src/storage/local_log_test.cc",
    "src/storage/log_scanner.cc": "src/storage/local_log_test.cc",
}
