// Where Thalweg and the reference server 0.3.7 may differ, which of them is right, and why.
//
// A row explains one differing part of an answer: `part` is "status", "body" or a header's name,
// and `when` narrows it. A row about the status explains the whole answer. `diverges`: the two
// streams are not the same from here on, so the comparison goes on with a fresh one.

const isError = ({ mineAll, theirsAll }) =>
  mineAll.status >= 400 && mineAll.status === theirsAll.status;
const isRead = ({ operation }) => operation.method === "GET";

export const DIFFERENCES = [
  {
    what: "errors are problem+json here, text/plain there",
    right: "both",
    why: "the protocol leaves error bodies open; a program can read RFC 9457's code",
    part: "content-type",
    when: (c) => isError(c) && c.mine === "application/problem+json",
  },
  {
    what: "errors are never cached here",
    right: "ours",
    why: "a 404 may be cached (RFC 9110 15.1), and the stream may exist a moment later",
    part: "cache-control",
    when: (c) => isError(c) && c.mine === "no-store" && c.theirs === undefined,
  },
  {
    what: "405 and OPTIONS say which methods there are",
    right: "ours",
    why: "a 405 must carry Allow (RFC 9110 15.5.6)",
    part: "allow",
    when: ({ theirs, operation }) =>
      theirs === undefined && ["PATCH", "OPTIONS"].includes(operation.method),
  },
  {
    what: "catch-up reads carry a cache policy",
    right: "ours",
    why:
      "protocol 10.1 asks for one; the reference sends none. Without an offset the URL is that of" +
      " HEAD, which a cache may answer with what it keeps (RFC 9111 4): it is to ask each time",
    part: "cache-control",
    when: (c) =>
      isRead(c) && c.theirs === undefined && /^public, (max-age=\d+, |no-cache$)/.test(c.mine),
  },
  {
    what: "Vary stands on every answer that could have been compressed",
    right: "ours",
    why: "a cache must not give a compressed answer to who did not ask for it (RFC 9110 12.5.5)",
    part: "vary",
    when: (c) => isRead(c) && c.theirs === undefined && /accept-encoding/i.test(c.mine),
  },
  {
    what: "POST without a body to a stream that is not there: 404 here, 400 there",
    right: "both",
    why: "both are true of it, and the protocol does not say which comes first",
    part: "status",
    when: ({ operation, mine, theirs }) =>
      operation.method === "POST" &&
      theirs === 400 &&
      (mine === 404 || mine === 409 || mine === 410),
  },
  {
    what: "a malformed offset on a stream that is not there: 400 here, 404 or 410 there",
    right: "both",
    why: "both are true of it; ours reads the request before it looks for the stream",
    part: "status",
    when: ({ operation, mine, theirs }) =>
      mine === 400 && [404, 410].includes(theirs) && typeof operation.query?.offset === "string",
  },
  {
    what: "a long-poll without an offset on a stream that is not there: 400 here, 404 there",
    right: "both",
    why: "as with a malformed offset",
    part: "status",
    when: ({ operation, mine, theirs }) =>
      mine === 400 &&
      [404, 410].includes(theirs) &&
      operation.query?.live &&
      operation.query.offset === undefined,
  },
  {
    what: "a long-poll that found nothing is not cached",
    right: "ours",
    why: "the next one may find something; 204 is heuristically cacheable (RFC 9110 15.1)",
    part: "cache-control",
    when: (c) =>
      c.operation.query?.live === "long-poll" && c.mine === "no-store" && c.theirs === undefined,
  },
  {
    what: "a long-poll from the start of an empty stream waits here, answers at once there",
    right: "ours",
    why: "a client in a loop would spin on answers without data (protocol 5.7)",
    part: "status",
    when: ({ operation, mine, mineAll, theirs, theirsAll }) =>
      operation.query?.live === "long-poll" &&
      mine === 204 &&
      [200, 304].includes(theirs) &&
      ["", "[]"].includes(theirsAll.body) &&
      mineAll.headers["stream-next-offset"] === "OFFSET 0",
  },
  {
    what: "ETags of one range asked for in two ways are one here, two there",
    right: "ours",
    why: "the bytes are the same, which is checked, and the tag names them and not the query",
    part: "status",
    when: ({ mine, theirs, mineAll, theirsAll }) =>
      mine === 304 && theirs === 200 && mineAll.validated === theirsAll.body,
  },
  ...["stream-next-offset", "stream-up-to-date", "stream-closed"].map((part) => ({
    what: `a 304 carries ${part}`,
    right: "ours",
    why: "a client that revalidates must learn where it stands as with a 200 (RFC 9110 15.4.5)",
    part,
    when: ({ mineAll, theirsAll, theirs }) =>
      mineAll.status === 304 && theirsAll.status === 304 && theirs === undefined,
  })),
  {
    what: "a repeated PUT of a fork that inherited its content type is 200 here, 409 there",
    right: "ours",
    why: "it is the same request (protocol 5.1); the reference compares it with what was resolved",
    part: "status",
    diverges: true,
    when: ({ operation, mine, theirs }) =>
      mine === 200 && theirs === 409 && operation.headers["stream-forked-from"] !== undefined,
  },
  {
    what: "a duplicate's 204 says where the stream stands",
    right: "ours",
    why: "every successful append carries Stream-Next-Offset (protocol 5.2)",
    part: "stream-next-offset",
    when: ({ operation, mineAll, theirs }) =>
      operation.method === "POST" &&
      mineAll.status === 204 &&
      theirs === undefined &&
      operation.headers["producer-id"] !== undefined,
  },
  {
    what: "a fork deleted and made anew has a new ETag here, the old one there",
    right: "ours",
    why: "the tag must name the incarnation: that the bytes are the same again is chance",
    part: "status",
    when: ({ operation, mine, theirs, remade }) =>
      operation.headers["if-none-match"] !== undefined && mine === 200 && theirs === 304 && remade,
  },
];
