#!/usr/bin/env python3
"""Runs every example as its first comment says, and talks to it.

  examples_test.py BUILD_DIR
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
READY_SECONDS = 30
SECONDS_MAX = 30
TOKEN = {"Authorization": "Bearer sesame"}


class Wrong(Exception):
    """An example did something else than it says."""


def expect(got, want, what):
    if got != want:
        raise Wrong(f"{what}: {got!r}, not {want!r}")


class Example:
    """One example that serves, from its ready line to its end."""

    def __init__(self, folder, name, *args, **env):
        self.process = subprocess.Popen(
            [os.path.join(folder, name), *args], env={**os.environ, "PORT": "0", **env},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.timer = threading.Timer(READY_SECONDS, self.process.kill)
        self.timer.start()
        found = re.match(r"listening on (http://\S+)\n", self.process.stdout.readline())
        self.timer.cancel()
        if not found:
            self.process.kill()
            raise Wrong(f"{name} did not say where it listens")
        self.url = found[1]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, method, path, body=None, headers=None):
        """The answer's status and text."""
        request = urllib.request.Request(
            self.url + path, method=method, data=body, headers=headers or {}
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def follow(self, path):
        """An open SSE response, at its first line."""
        url = self.url + path + "?offset=-1&live=sse"
        answer = urllib.request.urlopen(url, timeout=SECONDS_MAX)
        expect(answer.readline(), b"event: data\n", "the first line of " + path)
        return answer

    def end(self, how=None):
        """Ends it: by the signal `how`, or by the end of its input."""
        if how is None:
            self.process.stdin.close()
        else:
            self.process.send_signal(how)
        expect(self.process.wait(SECONDS_MAX), 0, "its exit code")


TEXT = {"Content-Type": "text/plain"}


def write_and_read(example, stream, headers=None):
    headers = {**TEXT, **(headers or {})}
    expect(example.ask("PUT", stream, b"", headers)[0], 201, f"PUT {stream}")
    expect(example.ask("POST", stream, b"hello", headers)[0], 204, f"POST {stream}")
    expect(example.ask("GET", stream, None, headers), (200, "hello"), f"GET {stream}")


def hello(folder):
    with Example(folder, "hello") as example:
        write_and_read(example, "/v1/stream/a")
        example.end()


def custom_auth(folder):
    with Example(folder, "custom_auth", TOKEN="sesame") as example:
        for headers in ({}, {"Authorization": "Bearer sesamo"}, {"Authorization": "sesame"}):
            expect(example.ask("PUT", "/v1/stream/a", b"", headers)[0], 401, f"with {headers}")
        write_and_read(example, "/v1/stream/a", TOKEN)
        example.end()


def production(folder):
    with tempfile.TemporaryDirectory(prefix="thalweg-example-") as data:
        streams = "/api/v1/streams"
        for run in range(2):
            with Example(folder, "production", TOKEN="sesame", DATA_DIR=data) as example:
                expect(example.ask("GET", "/health"), (200, '{"status":"ok"}'), "health")
                expect(example.ask("GET", streams + "/a")[0], 401, "without a token")
                if run == 0:
                    write_and_read(example, streams + "/a", TOKEN)
                kept = example.ask("GET", streams + "/a", None, TOKEN)
                expect(kept, (200, "hello"), f"what is kept, run {run}")
                example.end(signal.SIGTERM)


def beast(folder):
    with Example(folder, "beast") as example:
        write_and_read(example, "/api/streams/a")
        expect(example.ask("GET", "/health"), (200, "ok\n"), "the route beside")
        expect(example.ask("GET", "/api/streamsandmore")[0], 404, "another path")
        with example.follow("/api/streams/a") as live:
            expect(live.readline(), b"data:hello\n", "the event's data")
            example.end(signal.SIGTERM)
            tail = live.read()
            expect(tail.endswith(b"}\n\n"), True, f"{tail!r} ends between two events")


def beast_keeps_what_it_answered(folder):
    """Its loop is told by an eventfd of what the kernel wrote beside it."""
    with tempfile.TemporaryDirectory() as data:
        for run in range(2):
            with Example(folder, "beast", "--data-dir", data) as example:
                if run == 0:
                    expect(example.ask("PUT", "/api/streams/a", b"", TEXT)[0], 201, "PUT")
                for _ in range(20):
                    expect(example.ask("POST", "/api/streams/a", b"x", TEXT)[0], 204, "POST")
                got = example.ask("GET", "/api/streams/a?offset=-1")
                expect(got, (200, "x" * 20 * (run + 1)), f"what is kept, run {run}")
                example.end(signal.SIGTERM)


def beast_sends_what_its_clients_take(folder):
    """A reader that takes nothing holds up nobody, and gets all once it reads on."""
    with Example(folder, "beast") as example:
        expect(example.ask("PUT", "/api/streams/big", b"", TEXT)[0], 201, "PUT")
        line = b"x" * (1 << 20)
        expect(example.ask("POST", "/api/streams/big", line, TEXT)[0], 204, "POST")
        with example.follow("/api/streams/big") as slow:
            for _ in range(31):
                expect(example.ask("POST", "/api/streams/big", line, TEXT)[0], 204, "POST")
            write_and_read(example, "/api/streams/other")
            got = 0
            while got < 32 << 20:
                text = slow.readline()
                expect(text != b"", True, f"there is more than {got} bytes")
                if text.startswith(b"data:x"):
                    got += text.count(b"x")
        example.end(signal.SIGTERM)


def beast_takes_pipelined_requests_once_each(folder):
    """What comes behind a request that waited in the buffer is not taken for that one again."""
    with Example(folder, "beast") as example:
        expect(example.ask("PUT", "/api/streams/p", b"", TEXT)[0], 201, "PUT")
        address = urllib.parse.urlsplit(example.url)
        with socket.create_connection((address.hostname, address.port), SECONDS_MAX) as client:
            answers = client.makefile("rb")
            for bodies in ("AB", "C", "DEF", "G"):
                client.sendall("".join(
                    f"POST /api/streams/p HTTP/1.1\r\nHost: {address.netloc}\r\n"
                    f"Content-Type: text/plain\r\nContent-Length: 1\r\n\r\n{body}"
                    for body in bodies).encode())  # fmt: skip
                for body in bodies:
                    expect(answers.readline(), b"HTTP/1.1 204 No Content\r\n", f"POST of {body}")
                    while answers.readline() != b"\r\n":
                        pass
            answers.close()
        expect(example.ask("GET", "/api/streams/p?offset=-1"), (200, "ABCDEFG"), "what is kept")
        example.end(signal.SIGTERM)


def client_test(folder):
    done = subprocess.run(
        [os.path.join(folder, "client_test")], timeout=SECONDS_MAX, capture_output=True, text=True
    )
    expect(done.returncode, 0, done.stdout + done.stderr)


TESTS = [
    hello,
    custom_auth,
    production,
    beast,
    beast_keeps_what_it_answered,
    beast_sends_what_its_clients_take,
    beast_takes_pipelined_requests_once_each,
    client_test,
]


def main():
    folder = os.path.join(os.path.abspath(sys.argv[1]), "examples")
    failed = 0
    for test in TESTS:
        try:
            test(folder)
            print(f"ok {test.__name__}", flush=True)
        except (Wrong, OSError, subprocess.SubprocessError) as wrong:
            failed += 1
            print(f"FAILED {test.__name__}: {wrong}", flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
