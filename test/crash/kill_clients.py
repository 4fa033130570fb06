"""The clients of the kill loop: writers that never forget what they sent, readers that follow."""

import http.client
import json
import random
import threading
import time

import kill_history as history

TEXT = {"Content-Type": "text/plain"}
ANSWER_SECONDS_MAX = 15
PREFIX = "/v1/stream/"
OLD_CHECKED = 10  # of each writer's older streams, at each check


class Gone(Exception):
    """The server went away before it answered."""


class Connection:
    """One keep-alive connection; any trouble with it is Gone."""

    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)

    def send(self, method, path, body=None, headers=TEXT):
        try:
            self.http.request(method, PREFIX + path, body, headers)
            answer = self.http.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException) as trouble:
            self.http.close()
            raise Gone() from trouble


def get_all(port, path):
    """The whole stream, page by page; None: it is not there."""
    connection, content, offset = Connection(port), b"", "-1"
    while True:
        status, headers, body = connection.send("GET", f"{path}?offset={offset}")
        if status != 200:
            return None
        content += body
        offset = headers["stream-next-offset"]
        if headers["stream-up-to-date"] == "true":
            return content


def number(offset):
    return int(offset.split("_")[1])


class Shared:
    """The streams that all write to."""

    def __init__(self, count):
        self.names = [f"shared{i}" for i in range(count)]


class Own:
    """A stream of one writer: what it was told about it."""

    def __init__(self, path):
        self.path = path
        self.fork = None  # source and how many of its bytes
        self.content = b""  # acknowledged, behind those
        self.asked = set()  # create, close, delete: sent
        self.told = set()  # … and answered
        self.fenced = False  # epoch 1 of its producer was answered

    def sure(self, what):
        return what in self.told

    def maybe(self, what):
        return what in self.asked


class Writer:
    def __init__(self, name, shared, seed):
        self.name = name
        self.shared = shared
        self.random = random.Random(seed)
        self.appends = []
        self.pending = None  # sent and never answered
        self.next_seq = {stream: 0 for stream in shared.names}
        self.tails = {}  # stream: the last offset it was told
        self.own = []
        self.checked = 0  # of them
        self.wrong = []

    def complaints(self):
        found, self.wrong = self.wrong, []
        return found

    def own_count(self):
        return len(self.own)

    def run(self, port, stop):
        connection = Connection(port)
        try:
            for stream in self.shared.names:
                self.expect(connection.send("PUT", stream)[0], (200, 201), f"PUT {stream}")
            while not stop.is_set():
                if self.random.random() < 0.97:
                    self.append(connection)
                else:
                    self.life_of_own(connection)
        except Gone:
            pass

    def expect(self, status, wanted, what):
        if status not in wanted:
            self.wrong.append(f"{self.name}: {what} was answered {status}")

    def append(self, connection):
        stream = self.random.choice(self.shared.names)
        seq = self.next_seq[stream]
        size = self.random.choice((1, 20, 20, 20, 200, 200, 200, 2000, 2000, 30_000))
        body = history.body_of(self.name, seq, b"p" * self.random.randint(0, size))
        append = history.Append(stream, self.name, seq, body, time.monotonic())
        self.next_seq[stream] += 1
        self.appends.append(append)
        self.pending = append
        self.send(connection, append)

    def send(self, connection, append):
        headers = {**TEXT, "Producer-Id": self.name, "Producer-Epoch": "0",
                   "Producer-Seq": str(append.seq)}  # fmt: skip
        status, fields, _ = connection.send("POST", append.stream, append.body, headers)
        self.pending = None
        self.expect(status, (200, 204), f"append {append.seq} to {append.stream}")
        append.answers.append(status)
        append.ended = time.monotonic()
        if status == 200:
            append.offset = number(fields["stream-next-offset"])
            self.tails[append.stream] = fields["stream-next-offset"]
        elif status == 204:
            # A duplicate is told the stream's tail, not where it stands: look for it there.
            append.offset = append.offset or self.find(connection, append)

    def find(self, connection, append):
        content = get_all(connection.http.port, append.stream)
        at = (content or b"").find(append.body)
        if at < 0:
            self.wrong.append(f"{self.name}: {append.seq} is a duplicate of nothing")
        return at + len(append.body)

    def retry(self, port):
        """Sends again what was never answered; waits until it is."""
        if self.pending is not None:
            self.send(Connection(port), self.pending)

    def life_of_own(self, connection):
        """A short life: made (or forked), written, perhaps fenced, closed, deleted."""
        own = self.make(connection)
        steps = ((self.begin, 0.8), (self.fence, 0.3), (self.close, 0.5), (self.delete, 0.4))
        for step, chance in steps:
            if self.random.random() < chance:
                step(connection, own)

    def make(self, connection):
        path, headers = f"own/{self.name}/{len(self.own)}", dict(TEXT)
        source = self.random.choice(self.shared.names)
        own = Own(path)
        if source in self.tails and self.random.random() < 0.3:
            headers["Stream-Forked-From"] = PREFIX + source
            headers["Stream-Fork-Offset"] = self.tails[source]
            own.fork = (source, number(self.tails[source]))
        self.own.append(own)
        own.asked.add("create")
        self.expect(connection.send("PUT", path, None, headers)[0], (201,), f"PUT {path}")
        own.told.add("create")
        return own

    def append_own(self, connection, own, body, epoch, seq):
        headers = {**TEXT, "Producer-Id": "o", "Producer-Epoch": str(epoch),
                   "Producer-Seq": str(seq)}  # fmt: skip
        own.asked.add(body)
        status, _, _ = connection.send("POST", own.path, body, headers)
        self.expect(status, (200,), f"append to {own.path}")
        own.content += body
        own.told.add(body)

    def begin(self, connection, own):
        self.append_own(connection, own, b"[first]", 0, 0)

    def fence(self, connection, own):
        self.append_own(connection, own, b"[fence]", 1, 0)
        own.fenced = True

    def close(self, connection, own):
        own.asked.add("close")
        headers = {"Stream-Closed": "true"}
        self.expect(connection.send("POST", own.path, None, headers)[0], (204,), "close")
        own.told.add("close")

    def delete(self, connection, own):
        own.asked.add("delete")
        self.expect(connection.send("DELETE", own.path)[0], (204,), f"DELETE {own.path}")
        own.told.add("delete")

    def check_own(self, port, held, everything):
        """Its streams: those made since the last check and some of the older ones, or all."""
        connection = Connection(port)
        fresh, old = self.own[self.checked :], self.own[: self.checked]
        self.checked = len(self.own)
        chosen = old if everything else self.random.sample(old, min(len(old), OLD_CHECKED))
        return [text for own in fresh + chosen for text in self.check_one(connection, own, held)]

    def check_one(self, connection, own, held):
        status, headers, _ = connection.send("HEAD", own.path)
        there = status == 200
        if own.sure("delete") or not own.sure("create"):
            gone_right = not there or not own.sure("delete")
            return [] if gone_right else [f"{own.path}: was deleted and is back"]
        if not there:
            return [] if own.maybe("delete") else [f"{own.path}: was made and answers {status}"]
        closed = headers["stream-closed"] == "true"
        wrong = history.check_flag(own.path, own.sure("close"), closed, "closed",
                                   own.maybe("close"))  # fmt: skip
        wrong += self.check_content(connection, own, held)
        if own.fenced and not closed:
            stale = {**TEXT, "Producer-Id": "o", "Producer-Epoch": "0", "Producer-Seq": "1"}
            status, _, _ = connection.send("POST", own.path, b"late", stale)
            if status != 403:
                wrong.append(f"{own.path}: a fenced producer was answered {status}")
        return wrong

    def check_content(self, connection, own, held):
        source, length = own.fork or (None, 0)
        prefix = held[source][:length] if source else b""
        content = get_all(connection.http.port, own.path)
        wanted = prefix + own.content
        if content is None or not content.startswith(wanted):
            return [f"{own.path}: holds other bytes than were acknowledged"]
        rest = content[len(wanted) :]
        return [] if rest in (b"", *self.unknown_bytes(own)) else [f"{own.path}: holds {rest!r}"]

    @staticmethod
    def unknown_bytes(own):
        return [body for body in own.asked - own.told if isinstance(body, bytes)]


class Reader:
    """Follows one stream over all restarts, from where it was."""

    def __init__(self, name, stream, mode):
        self.name = name
        self.stream = stream
        self.mode = mode
        self.offset = "-1"
        self.bytes = bytearray()
        self.refusals = []  # statuses that no reader should meet
        self.lock = threading.Lock()

    def seen(self):
        with self.lock:
            return bytes(self.bytes)

    def take(self, data, offset):
        with self.lock:
            self.bytes += data
            self.offset = offset

    def run(self, port, stop):
        follow = self.follow_sse if self.mode == "sse" else self.follow_polls
        try:
            while not stop.is_set():
                follow(port, stop)
        except (Gone, OSError, http.client.HTTPException):
            pass

    def rest_after(self, status):
        if status != 404:  # the stream is not there yet
            self.refusals.append(f"{self.name}: a {self.mode} reader was answered {status}")
        time.sleep(0.02)

    def follow_polls(self, port, stop):
        connection = Connection(port)
        while not stop.is_set():
            path = f"{self.stream}?live=long-poll&offset={self.offset}"
            status, headers, body = connection.send("GET", path)
            if status not in (200, 204):
                return self.rest_after(status)
            self.take(body, headers["stream-next-offset"])

    def follow_sse(self, port, stop):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
        connection.request("GET", f"{PREFIX}{self.stream}?live=sse&offset={self.offset}")
        answer = connection.getresponse()
        if answer.status != 200:
            return self.rest_after(answer.status)
        event, data, waiting = None, [], b""
        while not stop.is_set():
            line = answer.readline().rstrip(b"\n")
            if line.startswith(b"event:"):
                event = line[6:].strip()
            elif line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif not line:
                if event == b"data":
                    waiting += b"\n".join(data)
                elif event == b"control":
                    self.take(waiting, json.loads(b"".join(data))["streamNextOffset"])
                    waiting = b""
                if event is None and not data and answer.isclosed():
                    return
                event, data = None, []
