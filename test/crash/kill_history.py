"""What a correct server would have kept of a history of appends, checked against what it holds.

Shares no code with the server. A stream's content is a row of self-describing appends,
`<CLIENT.SEQ:payload>`; an append is the request that brought it, tried once or many times.
"""

import re
from dataclasses import dataclass, field

APPEND = re.compile(rb"<(\w+)\.(\d+):([^<>]*)>")


@dataclass
class Append:
    """One append of one client, over all its tries."""

    stream: str
    client: str
    seq: int
    body: bytes
    began: float  # of the first try
    ended: float = 0.0  # of the answer; 0: never answered
    offset: int | None = None  # that the answer gave
    answers: list = field(default_factory=list)  # statuses, in order

    @property
    def acknowledged(self):
        return self.offset is not None

    @property
    def key(self):
        return (self.client, self.seq)


def body_of(client, seq, payload):
    return f"<{client}.{seq}:".encode() + payload + b">"


def parse(content):
    """The appends of `content` as (client, seq, whole, end); None where it holds anything else."""
    found, position = [], 0
    while position < len(content):
        match = APPEND.match(content, position)
        if not match:
            return None
        position = match.end()
        found.append((match[1].decode(), int(match[2]), match[0], position))
    return found


def check_stream(name, content, appends):
    """What is wrong with the content of one stream, given all that was sent to it."""
    found = parse(content)
    if found is None:
        return [f"{name}: holds bytes that are no whole append"]
    wrong = []
    sent = {append.key: append for append in appends}
    ends = {}
    for client, seq, whole, end in found:
        append = sent.get((client, seq))
        if append is None:
            wrong.append(f"{name}: holds {client}.{seq}, which was never sent")
        elif append.body != whole:
            wrong.append(f"{name}: {client}.{seq} was changed")
        if (client, seq) in ends:
            wrong.append(f"{name}: {client}.{seq} stands there twice")
        ends[(client, seq)] = end
    for append in appends:
        wrong += check_append(name, append, ends.get(append.key))
    return wrong + check_order(name, appends, ends) + check_producers(name, found)


def check_append(name, append, end):
    label = f"{name}: {append.client}.{append.seq}"
    if not append.acknowledged:
        return []
    if end is None:
        return [f"{label} was acknowledged and is lost"]
    if end != append.offset:
        return [f"{label} ends at {end}, its answer said {append.offset}"]
    new = [status for status in append.answers if status == 200]
    return [f"{label} was answered as new {len(new)} times"] if len(new) > 1 else []


def check_order(name, appends, ends):
    """Real time is kept: what began after another had been answered stands behind it."""
    answered = sorted((a for a in appends if a.acknowledged), key=lambda a: a.ended)
    begun = sorted((a for a in appends if a.key in ends), key=lambda a: a.began)
    highest, latest, i = -1, None, 0
    for append in begun:
        while i < len(answered) and answered[i].ended < append.began:
            if answered[i].key in ends and ends[answered[i].key] > highest:
                highest, latest = ends[answered[i].key], answered[i]
            i += 1
        if ends[append.key] < highest:
            return [
                f"{name}: {append.client}.{append.seq} stands before {latest.client}.{latest.seq}, "
                "which was answered before it began"
            ]
    return []


def check_producers(name, found):
    """Each client's numbers are dense and in order."""
    last = {}
    for client, seq, _, _ in found:
        if seq != last.get(client, -1) + 1:
            return [f"{name}: {client}.{seq} stands after {client}.{last.get(client, -1)}"]
        last[client] = seq
    return []


def check_prefix(name, seen, content, who):
    """What was read once stays there."""
    if content[: len(seen)] == seen:
        return []
    return [f"{name}: {who} saw {len(seen)} bytes that are not the beginning of it any more"]


def check_flag(name, was, now, what, maybe):
    """A change that was acknowledged stands; one that was never asked for does not."""
    if was and not now:
        return [f"{name}: {what} was acknowledged and is undone"]
    if now and not was and not maybe:
        return [f"{name}: {what}, though nobody asked"]
    return []
