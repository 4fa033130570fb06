"""The servers that can be measured, and how each is started: ours, the limits, and the peers.

Every one runs on cores of its own, on a fresh directory, and speaks the same protocol; what differs
is the base of its URLs. A peer is there once bench/peers/install.py has installed it.
"""

import atexit
import http.client
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field, replace

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEERS = os.path.join(ROOT, "build", "bench-peers")
START_SECONDS_MAX = 300
END_SECONDS_MAX = 60
STREAMS = "/v1/stream"
UNLIMITED = str(1 << 40)


class NotStarted(Exception):
    """A server ended before it answered, or took too long; says what it printed."""


@dataclass
class Setting:
    """Where binaries and data are, and which core is whose."""

    build: str
    data: str | None = None
    server_cores: set = field(default_factory=lambda: {0})
    client_cores: set = field(default_factory=lambda: {min(1, (os.cpu_count() or 1) - 1)})

    def with_cores(self, count):
        """The same for a server that has so many cores, from its first one on."""
        first = min(self.server_cores)
        return replace(self, server_cores=set(range(first, first + count)))


@dataclass
class Kind:
    """One way to run one server. `argv(setting, folder, port)` is its command."""

    name: str
    argv: object
    base: str = STREAMS
    cores: int = 1
    is_limit: bool = False  # has no past; where it serves, it prints `listening on URL` itself
    serves: bool = True  # False: it is a load of its own, and says what thalweg_load says
    needs: str | None = None  # a path under build/bench-peers, of a peer
    streams_max: int = 1 << 30  # more do not fit into what it can open
    before: object = None  # (folder, port): writes its configuration
    after: object = None  # (port): prepares it once it answers

    def installed(self):
        return self.needs is None or os.path.exists(os.path.join(PEERS, self.needs))


def peer(path):
    return os.path.join(PEERS, path)


def thalweg(*flags):
    def argv(setting, folder, port):
        keeps = [] if "--memory" in flags else ["--data-dir", os.path.join(folder, "data")]
        program = os.path.join(setting.build, "thalweg")
        threads = str(len(setting.server_cores))
        return [program, "serve", "--port", str(port), "--threads", threads, "--log-level", "warn",
                *keeps, *flags]  # fmt: skip

    return argv


def limit(name, *flags):
    """`{}` in a flag is the folder."""

    def argv(setting, folder, port):
        program = os.path.join(setting.build, "bench", f"thalweg_limit_{name}")
        return [program, *(flag.format(folder) for flag in flags)]

    return argv


def sync(*flags):
    """SECONDS is still to come."""
    return limit("sync", *flags, "{}/file")


def electric(durability):
    def argv(setting, folder, port):
        cores = str(len(setting.server_cores))
        return [peer("electric/bin/durable-streams-server"), "--port", str(port), "--data-dir",
                os.path.join(folder, "data"), "--durability", durability, "--worker-threads", cores,
                "--wal-shards", cores]  # fmt: skip

    return argv


def thesampaton(mode):
    """Its configuration comes from the environment."""

    def argv(setting, folder, port):
        env = {
            "DS_SERVER__BIND_ADDRESS": f"127.0.0.1:{port}",
            "DS_STORAGE__MODE": mode,
            "DS_STORAGE__DATA_DIR": os.path.join(folder, "data"),
            "DS_LIMITS__MAX_MEMORY_BYTES": UNLIMITED,
            "DS_LIMITS__MAX_STREAM_BYTES": UNLIMITED,
            "RUST_LOG": "error",
        }
        settings = [f"{name}={value}" for name, value in env.items()]
        return ["env", *settings, peer("thesampaton/bin/durable-streams-server"), "serve"]

    return argv


def node(durable):
    def argv(setting, folder, port):
        script = os.path.join(ROOT, "bench", "peers", "node_server.mjs")
        keeps = [os.path.join(folder, "data")] if durable else []
        return ["node", script, peer("node"), str(port), *keeps]

    return argv


def ursula(setting, folder, port):
    return [peer("ursula/bin/ursula"), "server", "--config", os.path.join(folder, "ursula.toml")]


def write_ursula_config(folder, port):
    """A node alone, whose log is synced before it answers."""
    with open(os.path.join(folder, "ursula.toml"), "w") as config:
        config.write(
            f'[server]\nlisten = "127.0.0.1:{port}"\nadmin_listen = "127.0.0.1:{free_port()}"\n'
            f'[runtime]\ncore_count = 1\n[raft.wal]\npath = "{folder}/data"\nfsync = "always"\n'
        )


def make_ursula_bucket(port):
    """Its streams live in buckets."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("PUT", "/bench")
    connection.getresponse().read()
    connection.close()


def kinds():
    electric_there = {"needs": "electric/bin/durable-streams-server", "streams_max": 15_000}
    thesampaton_there = {"needs": "thesampaton/bin/durable-streams-server"}
    node_there = {"needs": "node/node_modules/@durable-streams/server"}
    listed = [
        Kind("thalweg", thalweg()),
        Kind("thalweg-2-cores", thalweg(), cores=2),
        Kind("thalweg-tail-64", thalweg("--tail-memory", "64MiB")),
        Kind("thalweg-memory", thalweg("--memory")),
        Kind("thalweg-memory-2-cores", thalweg("--memory"), cores=2),
        Kind("limit-respond", limit("respond"), is_limit=True),
        Kind("limit-commit", limit("respond", "--commit", "{}/log"), is_limit=True),
        Kind("limit-commit-in-loop", limit("respond", "--commit-in-loop", "{}/log"), is_limit=True),
        Kind("limit-replay", limit("replay", "{}/stream"), is_limit=True),
        Kind("limit-commit-and-replay", limit("replay", "{}/stream", "{}/log"), is_limit=True),
        Kind("limit-fanout", limit("fanout"), is_limit=True),
        Kind("limit-sync", sync(), is_limit=True, serves=False),
        Kind("limit-sync-written", sync("--written"), is_limit=True, serves=False),
        Kind("electric-wal", electric("wal"), **electric_there),
        Kind("electric-wal-2-cores", electric("wal"), cores=2, **electric_there),
        Kind("electric-memory", electric("memory"), **electric_there),
        Kind("electric-memory-2-cores", electric("memory"), cores=2, **electric_there),
        Kind("thesampaton-acid", thesampaton("acid"), **thesampaton_there),
        Kind("thesampaton-file", thesampaton("file-durable"), **thesampaton_there),
        Kind("thesampaton-memory", thesampaton("memory"), **thesampaton_there),
        Kind("node-file", node(durable=True), streams_max=15_000, **node_there),
        Kind("node-memory", node(durable=False), **node_there),
        Kind("ursula-disk", ursula, base="/bench", needs="ursula/bin/ursula",
             before=write_ursula_config, after=make_ursula_bucket),
    ]  # fmt: skip
    return {kind.name: kind for kind in listed}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def raise_descriptor_limit():
    """Every connection is a descriptor; servers inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Running:
    """A server under way. Use with `with`; its folder goes with it, unless it was given."""

    def __init__(self, kind, setting, folder=None):
        self.kind, self.setting = kind, setting.with_cores(kind.cores)
        self.owns_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="thalweg-bench-", dir=setting.data)
        port = free_port()
        if kind.before:
            kind.before(self.folder, port)
        argv = kind.argv(self.setting, self.folder, port)
        self.began = time.monotonic()
        self.log = open(os.path.join(self.folder, "output"), "w+")
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            preexec_fn=lambda: os.sched_setaffinity(0, self.setting.server_cores),
        )  # fmt: skip
        atexit.register(self.stop)
        self.port = self.said_port() if kind.is_limit else port
        self.start_seconds = self.wait_until_it_answers()
        if kind.after:
            kind.after(self.port)
        self.url = f"http://127.0.0.1:{self.port}{kind.base}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def output(self):
        with open(self.log.name) as log:
            return log.read()

    def check_alive(self):
        seconds = time.monotonic() - self.began
        if self.process.poll() is None and seconds < START_SECONDS_MAX:
            return
        said = self.output()[-2000:]
        self.stop()
        raise NotStarted(f"{said}\n{self.kind.name} did not start in {seconds:.0f} s".strip())

    def said_port(self):
        while not self.output().startswith("listening on "):
            self.check_alive()
            time.sleep(0.001)
        return int(self.output().split("\n")[0].rsplit(":", 1)[1])

    def wait_until_it_answers(self):
        """Seconds from its start to its first answer, whatever that is."""
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                connection.request("GET", f"{self.kind.base}/nothing-here")
                connection.getresponse()
                return time.monotonic() - self.began
            except OSError:
                self.check_alive()
                time.sleep(0.001)
            finally:
                connection.close()

    def end(self):
        """Asks it to end, and sees to it."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """Ends it; what it kept in a folder of its own is removed."""
        atexit.unregister(self.stop)
        self.end()
        self.log.close()
        if self.owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)
