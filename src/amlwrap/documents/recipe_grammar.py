r"""
Recipe expressions as text and as trees: ``quantile_bin(age,30)`` ⇄ ``Call("quantile_bin", (Variable("age"),), 30)``.

A word may stand bare when it starts with a letter and holds none of ``, ' " tab CR LF ( ) \``. Anything else is
quoted, with single quotes as the service does or with double ones; inside quotes a backslash before a quote or a
backslash takes that character as it is. Nothing here knows which functions or variables there are.

The parser keeps its own stack, and no tree is deeper than `MAX_DEPTH`: walking one may recurse.
"""

from __future__ import annotations

import re
from typing import ClassVar, NamedTuple, TypeAlias

import attrs

from amlwrap.exceptions import DocumentError

__all__ = ["GROUP_FUNCTIONS", "MAX_DEPTH", "PREDEFINED_GROUPS", "Call", "Term", "Variable", "parse_term", "render_name"]

MAX_DEPTH = 64
"""Most calls inside one another, in an expression or in what it expands to."""

GROUP_FUNCTIONS = ("group", "group_remove")
PREDEFINED_GROUPS = ("ALL_TEXT", "ALL_NUMERIC", "ALL_CATEGORICAL", "ALL_BINARY", "ALL_INPUTS")

_MAX_DIGITS = 9
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NUMBER = re.compile(r"[0-9]+")
_ESCAPE = re.compile(r"\\([\\'\"])")
_MARK, _WORD = 1, 4
_TOKEN = re.compile(
    r"""\s*+(?:
        ([(),])
      | '([^'\\]*+(?:\\.[^'\\]*+)*+)'
      | "([^"\\]*+(?:\\.[^"\\]*+)*+)"
      | ([^\s,'"()\\][^,'"\t\r\n()\\]*+)
    )""",
    re.VERBOSE | re.DOTALL,
)


@attrs.frozen
class Variable:
    """
    A name in a recipe: an attribute, a group, an assignment or a predefined group.

    >>> str(Variable("age")), str(Variable("1stFlrSF"))
    ('age', "'1stFlrSF'")
    """

    name: str

    depth: ClassVar[int] = 0

    def __str__(self) -> str:
        return render_name(self.name)


def _depth(call: Call) -> int:
    depth = 1 + max([argument.depth for argument in call.arguments], default=0)
    if depth > MAX_DEPTH:
        raise too_deep("")
    return depth


@attrs.frozen
class Call:
    """
    A function of terms and, for some, of one closing number.

    >>> str(Call("ngram", (Variable("title"),), 2))
    'ngram(title,2)'

    Raises:
        DocumentError: More than `MAX_DEPTH` calls stand inside one another.
    """

    function: str
    arguments: tuple[Term, ...]
    number: int | None = None
    depth: int = attrs.field(init=False, eq=False, repr=False, default=attrs.Factory(_depth, takes_self=True))

    def __str__(self) -> str:
        quoted = self.function in GROUP_FUNCTIONS
        parts = [_quote_member(argument) if quoted else str(argument) for argument in self.arguments]
        if self.number is not None:
            parts.append(str(self.number))
        return f"{self.function}({','.join(parts)})"


Term: TypeAlias = Variable | Call


def render_name(name: str) -> str:
    """
    *name* as it stands in an expression: bare when that is plainly safe, else quoted.

    >>> print(render_name("hours-per-week"), render_name("home.dest"), render_name("mother's"))
    hours-per-week 'home.dest' "mother's"
    """
    return name if _BARE.fullmatch(name) else _quote(name)


def _quote(name: str) -> str:
    mark = '"' if "'" in name and '"' not in name else "'"
    escaped = name.replace("\\", "\\\\").replace(mark, f"\\{mark}")
    return f"{mark}{escaped}{mark}"


def _quote_member(term: Term) -> str:
    """A member of ``group(...)``, quoted as the service quotes them."""
    if isinstance(term, Call) or term.name in PREDEFINED_GROUPS:
        return str(term)
    return _quote(term.name)


def parse_term(text: str, path: str = "", *, comments: bool = False) -> Term:
    """
    The tree of the expression *text*.

    Args:
        text: One expression.
        path: Where it stands in its recipe, for errors.
        comments: Whether ``//`` outside quotes ends the expression, as it does in outputs.

    Raises:
        DocumentError: *text* is no expression; it says at which character.

    >>> parse_term("ngram( 'title' , 2 )")
    Call(function='ngram', arguments=(Variable(name='title'),), number=2)
    """
    return _Parser(text, path, comments=comments).parse()


def too_deep(path: str) -> DocumentError:
    """The error for calls nested beyond `MAX_DEPTH`."""
    return DocumentError("recipe", path, f"at most {MAX_DEPTH} calls inside one another", "more")


class _Token(NamedTuple):
    kind: str
    """One of ``( ) ,``, ``name``, ``quoted``, ``number``, ``word`` (neither of these) and ``end``."""
    value: str
    position: int


@attrs.define
class _Frame:
    """A call whose closing bracket has not come yet."""

    function: str
    arguments: list[Term] = attrs.Factory(list[Term])

    def close(self, number: int | None = None) -> Call:
        return Call(self.function, tuple(self.arguments), number)


class _Parser:
    """One pass over one expression; the calls still open are a list, not Python's stack."""

    def __init__(self, text: str, path: str, *, comments: bool) -> None:
        self._text = text
        self._path = path
        self._comments = comments
        self._open: list[_Frame] = []
        self._tokens = self._read_tokens()
        self._next = 0

    def parse(self) -> Term:
        while True:
            token = self._take()
            if token.kind == "name" and self._tokens[self._next].kind == "(":
                self._enter(token.value)
                continue
            term = self._close_with_number(token) if token.kind == "number" and self._open else self._variable(token)
            while self._open:
                frame = self._open[-1]
                frame.arguments.append(term)
                token = self._take()
                if token.kind == ",":
                    break
                if token.kind != ")":
                    raise self._error(f"',' or ')' inside {frame.function}(...)", token)
                term = self._open.pop().close()
            else:  # no call is open any more
                return self._finish(term)

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _enter(self, function: str) -> None:
        if len(self._open) == MAX_DEPTH:
            raise too_deep(self._path)
        self._open.append(_Frame(function))
        self._next += 1

    def _variable(self, token: _Token) -> Variable:
        if token.kind not in {"name", "quoted"}:
            expected = f"an argument of {self._open[-1].function}" if self._open else "a name or a call"
            raise self._error(expected, token)
        if not token.value:
            raise self._error("a name", token)
        return Variable(token.value)

    def _close_with_number(self, token: _Token) -> Call:
        digits = token.value.lstrip("0") or "0"
        if len(digits) > _MAX_DIGITS:
            raise self._error(f"a number of at most {_MAX_DIGITS} digits", token)
        frame = self._open.pop()
        bracket = self._take()
        if bracket.kind != ")":
            expected = f"')', as a number is the last argument, inside {frame.function}(...)"
            raise self._error(expected, bracket)
        return frame.close(int(digits))

    def _finish(self, term: Term) -> Term:
        token = self._take()
        if token.kind != "end":
            raise self._error("the end of the expression", token)
        return term

    def _read_tokens(self) -> list[_Token]:
        text, position, end = self._text, 0, len(self._text.rstrip())
        tokens: list[_Token] = []
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._unreadable(position)
            group = match.lastindex or 0
            start, position = match.span(group)[0], match.end()
            if group == _MARK:
                tokens.append(_Token(match[group], match[group], start))
            elif group == _WORD:
                word, comment, _ = match[group].partition("//") if self._comments else (match[group], "", "")
                if word:
                    tokens.append(_word(word.rstrip(), start))
                if comment:
                    break
            else:
                tokens.append(_Token("quoted", _ESCAPE.sub(r"\1", match[group]), start - 1))
        tokens.append(_Token("end", "", end))
        return tokens

    def _unreadable(self, position: int) -> DocumentError:
        start = position + len(self._text[position:]) - len(self._text[position:].lstrip())
        token = _Token("word", self._text[start:], start)
        if token.value.startswith("\\"):
            return self._error("a name or a call", token, "A name holding a backslash must be quoted.")
        return self._error("a closing quote", token._replace(kind="quoted"))

    def _error(self, expected: str, token: _Token, remedy: str = "") -> DocumentError:
        if token.kind == "end":
            found = "the end" if self._text.strip() else "an empty expression"
        else:
            found = f"{shorten(token.value)!r} at character {token.position + 1}"
        if self._text.strip():
            found = f"{found} of {shorten(self._text)!r}"
        if token.kind == "word" and not remedy:
            remedy = _word_remedy(token.value)
        return DocumentError("recipe", self._path, expected, found, remedy)


def _word(word: str, position: int) -> _Token:
    if word[0].isalpha():
        return _Token("name", word, position)
    return _Token("number" if _NUMBER.fullmatch(word) else "word", word, position)


def _word_remedy(word: str) -> str:
    if word.startswith("//"):
        return "Comments stand only in outputs."
    try:
        float(word)
    except ValueError:
        return f"A name that does not start with a letter must be quoted: {shorten(_quote(word))}."
    return "Numbers are whole and have no sign."


def shorten(text: str, limit: int = 80) -> str:
    """*text* cut to *limit* characters, for errors."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
