"""Reads C++ just well enough for lints: code without comments and strings, and where functions are.

Not a parser. It knows comments, literals, braces and parentheses, which is enough for code that
clang-format has laid out.
"""

import re
from dataclasses import dataclass

_LITERAL = re.compile(
    r'R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"'  # raw string
    r'|//[^\n]*'
    r'|/\*.*?\*/'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def blank(text, keep_strings=False):
    """`text` with comments and literals as spaces; lines and columns stay where they are."""

    def spaces(match):
        found = match.group(0)
        if found.startswith("//") or found.startswith("/*"):
            return re.sub(r"[^\n]", " ", found)
        if keep_strings:
            return found
        inner = re.sub(r"[^\n]", " ", found[1:-1])
        return found[0].replace("R", " ") + inner + found[-1]

    return _LITERAL.sub(spaces, text)


@dataclass
class Function:
    name: str
    first: int  # line of the beginning of its head, from 1
    last: int  # line of its closing brace
    body: str  # blanked, from the opening brace to the closing one

    @property
    def lines(self):
        return self.last - self.first + 1

    @property
    def is_test(self):
        return re.match(r"(TYPED_)?TEST(_[FP])?$|RC_GTEST_PROP$", self.name) is not None


def _matching(code, opening):
    """Where the brace or parenthesis at `opening` closes."""
    pairs = {"{": "}", "(": ")"}
    close, depth = pairs[code[opening]], 0
    for i in range(opening, len(code)):
        if code[i] == code[opening]:
            depth += 1
        elif code[i] == close:
            depth -= 1
            if depth == 0:
                return i
    return len(code) - 1


def _outside_parentheses(head):
    """`head` with what stands in parentheses (and template brackets) cut out."""
    out, depth = [], 0
    for c in head:
        if c == "(":
            depth += 1
            if depth == 1:
                out.append("()")
        elif c == ")":
            depth -= 1
        elif depth == 0:
            out.append(c)
    return "".join(out)


def _classify(head):
    """What an opening brace after `head` begins: scope, function or value."""
    plain = _outside_parentheses(head)
    plain = re.sub(r"\boperator\s*(?:\(\)|[^\s\w(]+)", "operator_", plain)
    plain = re.sub(r"\[\[.*?\]\]", " ", plain)
    while re.match(r"\s*template\s*<", plain):
        begin = plain.index("<")
        depth, i = 0, begin
        while i < len(plain):
            depth += {"<": 1, ">": -1}.get(plain[i], 0)
            if depth == 0:
                break
            i += 1
        plain = plain[i + 1 :]
    if re.search(r"\bnamespace\b", plain) or re.search(r'\bextern\s*"', plain):
        return "scope"
    if re.search(r"\benum\b", plain):
        return "value"
    if "()" in plain and "=" not in plain.split("()")[0]:
        return "function"
    if re.search(r"\b(class|struct|union)\b", plain) and "=" not in plain:
        return "scope"
    return "value"


def _name(head):
    before = re.split(r"\(", head, maxsplit=1)[0].strip()
    match = re.search(r"(operator\s*\S*|~?[\w:~]+)\s*$", before)
    return match.group(1).split("::")[-1] if match else before


def _in_initializer_list(head, code, brace):
    plain = _outside_parentheses(head)
    if not re.search(r"\(\)[^{};]*(?<!:):(?!:)", plain):
        return False
    before = code[:brace].rstrip()
    return re.match(r"[\w>]", before[-1]) is not None and not re.search(
        r"\b(const|noexcept|override|final)$", before
    )


def functions(code):
    """Every function with a body in blanked `code`. A lambda belongs to the one it stands in."""
    code = re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), code)
    found, i, begin = [], 0, 0
    while i < len(code):
        c = code[i]
        if c == "(":
            i = _matching(code, i)
        elif c in ";}":
            begin = i + 1
        elif c == ":" and re.search(r"\b(public|private|protected)\s*$", code[begin:i]):
            begin = i + 1
        elif c == "{":
            head = code[begin:i]
            kind = _classify(head)
            if kind == "scope":
                begin = i + 1
            elif kind == "function" and not _in_initializer_list(head, code, i):
                end = _matching(code, i)
                first = begin + len(head) - len(head.lstrip())
                found.append(
                    Function(
                        _name(head.strip()),
                        code.count("\n", 0, first) + 1,
                        code.count("\n", 0, end) + 1,
                        code[i : end + 1],
                    )
                )
                i, begin = end, end + 1
            else:
                i = _matching(code, i)
        i += 1
    return found
