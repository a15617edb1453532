"""Conditions that rows of a table must meet, written as text: `titleType == 'movie' and year >= 1990`.

A condition compares columns with values. A column's name stands as it is, or in backticks where it is no plain word;
a text stands in quotes; 2014-05-01 is a date. What < or > compares may stand in quotes as the column's cells are
written, such as '$20M'. There are == != < <= > >=, `in [...]`, `not in [...]`, `is missing`, `is not missing`, `and`,
`or`, `not` and parentheses. It is read by the grammar below, and never evaluated as code.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unicodedata import normalize

import numpy as np

from greenlight_films.datamodules.conditions import OPERATORS, Combined, Comparison, Condition, Missing, Tree, Value
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.written_values import WrittenValue

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
KEYWORDS = {"and", "or", "not", "in", "is", "missing"}
DATE = r"\d{4}-\d{2}-\d{2}"
TOKEN = re.compile(
    rf"""(?P<date>{DATE}(?![\w.-]))
    |(?P<number>[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<column>`[^`]+`)
    |(?P<operator>[=!<>]=|<|>)
    |(?P<mark>[()\[\],])
    |(?P<word>[^\W\d]\w*(?:\.\w+)*)""",
    re.VERBOSE,
)
REMEDIES = {
    "=": "write ==, <= or >=",
    "&": "write `and`",
    "|": "write `or`",
    "~": "write `not`",
    "!": "write `not`",
    "'": "close the quote",
    '"': "close the quote",
    "`": "close the backtick",
}
OTHERS = "columns that are no plain words stand in backticks, and values such as '$20M' or '1h 40m' in quotes"


def parse_condition(text: str) -> Condition:
    """Return the condition that a text says; a mistake is refused with its position, counted from 1."""
    if not text.strip():
        raise InputError(
            'data.where must be a condition such as "year >= 1990", got nothing; leave it out for all rows'
        )
    try:
        return Condition(text.strip(), _Parser(text).whole())
    except RecursionError:
        raise InputError(f"data.where must have fewer parentheses within each other, got {text[:80]}...") from None


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int

    @property
    def keyword(self) -> str:
        word = self.text.lower()
        return word if self.kind == "word" and word in KEYWORDS else ""


class _Parser:
    """Reads a condition token by token."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._tokens())
        self.position = 0

    def _tokens(self) -> Iterator[_Token]:
        start = 0
        while (start := start + len(self.text[start:]) - len(self.text[start:].lstrip())) < len(self.text):
            match = TOKEN.match(self.text, start)
            if match is None:
                remedy = REMEDIES.get(self.text[start], OTHERS)
                raise self._fault(start, remedy)
            yield _Token(str(match.lastgroup), match.group(), start)
            start = match.end()
        yield _Token("end", "", len(self.text))

    def _fault(self, start: int, remedy: str) -> InputError:
        got = f"at position {start + 1}, {self.text[start:][:20]!r}" if self.text[start:].strip() else "at its end"
        return InputError(f"data.where can't be read {got}, in: {self.text}; {remedy}")

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def _take(self, *wanted: str) -> str:
        """Return the next token's keyword or mark and go on, where it is wanted; else an empty text."""
        word = self.token.keyword or (self.token.text if self.token.kind in ("mark", "operator") else "")
        if word not in wanted:
            return ""
        self.position += 1
        return word

    def whole(self) -> Tree:
        tree = self._any()
        if self.token.kind != "end":
            raise self._fault(self.token.start, "comparisons are joined by `and` or `or`")
        return tree

    def _any(self) -> Tree:
        return self._joined("or", lambda: self._joined("and", self._single))

    def _joined(self, word: str, read: Callable[[], Tree]) -> Tree:
        parts = [read()]
        while self._take(word):
            parts.append(read())
        return _combined(word, parts)

    def _single(self) -> Tree:
        if self._take("not"):
            return Combined("not", (self._single(),))
        if self._take("("):
            tree = self._any()
            if not self._take(")"):
                raise self._fault(self.token.start, "close the parenthesis")
            return tree
        return self._comparison()

    def _comparison(self) -> Tree:
        start = self.token.start
        left = self._operand()
        if isinstance(left, _Column):
            if self._take("is"):
                is_not = self._take("not")
                if not self._take("missing"):
                    raise self._fault(self.token.start, "write `is missing` or `is not missing`")
                return Combined("not", (Missing(left.name),)) if is_not else Missing(left.name)
            is_not = self._take("not")
            if self._take("in"):
                comparison = Comparison(left.name, "in", self._values())
                return Combined("not", (comparison,)) if is_not else comparison
            if is_not:
                raise self._fault(self.token.start, "write `not in [...]`, or `not` before the comparison")
        parts: list[Tree] = []
        while sign := self._take(*OPERATORS):
            right = self._operand()
            parts.append(self._compared(left, sign, right, start))
            left, start = right, self.token.start
        if not parts:
            raise self._fault(
                self.token.start,
                "a comparison such as == 'movie' or >= 1990 is needed here; names of several words stand in backticks",
            )
        return _combined("and", parts)

    def _compared(self, left: "_Operand", sign: str, right: "_Operand", start: int) -> Comparison:
        if isinstance(left, _Column) == isinstance(right, _Column):
            if isinstance(right, _Column):
                remedy = f"a column is compared with a value; is {right.name!r} a text, write it in quotes"
            else:
                remedy = f"a value is compared with a column; is {left!s} a column, write it in backticks"
            raise self._fault(start, remedy)
        if isinstance(left, _Column):
            name, value = left.name, right
        else:
            assert isinstance(right, _Column)
            name, value, sign = right.name, left, MIRRORED.get(sign, sign)
        assert not isinstance(value, _Column)
        if isinstance(value, str) and sign not in ("==", "!="):
            written = WrittenValue.of(value)
            if written is None:
                raise self._fault(start, f"{sign} compares numbers and dates, and {value!r} is neither; write one")
            return Comparison(name, sign, (written,))
        return Comparison(name, sign, (value,))

    def _values(self) -> tuple[Value, ...]:
        opened = self._take("[", "(")
        if not opened:
            raise self._fault(self.token.start, "write values in brackets, such as ['movie', 'tvMovie']")
        values: list[Value] = []
        while not (closed := self._take("]", ")")):
            start = self.token.start
            value = self._operand()
            if isinstance(value, _Column):
                raise self._fault(start, "values stand in brackets, texts in quotes")
            if values and type(value) is not type(values[0]):
                raise self._fault(start, "values in brackets must be of one kind, as the column's cells are")
            values.append(value)
            if not self._take(",") and self.token.text not in ("]", ")"):
                raise self._fault(self.token.start, "values stand with commas between them")
        if not values or (opened, closed) not in (("[", "]"), ("(", ")")):
            raise self._fault(self.tokens[self.position - 1].start, "write values in brackets, such as [1, 2]")
        return tuple(values)

    def _operand(self) -> "_Operand":
        token = self.token
        self.position += 1
        if token.kind == "number":
            return float(token.text.replace("_", ""))
        if token.kind in ("date", "text"):
            quote = token.text[0]
            inside = token.text if token.kind == "date" else token.text[1:-1].replace(quote * 2, quote)
            text = normalize("NFC", inside.strip())
            return self._date(text, token.start) if re.fullmatch(DATE, text) else text
        if token.kind == "column" or (token.kind == "word" and not token.keyword):
            return _Column(token.text.strip("`"))
        self.position -= 1
        raise self._fault(token.start, "a column or a value is needed here")

    def _date(self, text: str, start: int) -> np.datetime64:
        try:
            return np.datetime64(text, "D")
        except ValueError:
            raise self._fault(start, f"{text} is no date of the calendar") from None


def _combined(word: str, parts: list[Tree]) -> Tree:
    return parts[0] if len(parts) == 1 else Combined(word, tuple(parts))


@dataclass(frozen=True)
class _Column:
    name: str


_Operand = _Column | Value
