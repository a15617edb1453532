"""A text file of any encoding as a stream of UTF-8, with quotes within quotes doubled."""

import io
import re
from codecs import getincrementaldecoder, lookup
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.encodings import Survey, encoding_of, other_encoding, survey
from greenlight_films.datamodules.tables.table_file import TableFile
from greenlight_films.datamodules.tables.text_layout import LONGEST, STAND_IN

ESCAPED = re.compile(rb'\\"(?=[^",;\t|\r\n])')  # where quotes are doubled, a quote that follows a backslash ends a cell
CONTROLS = re.compile(rb"[\0\x02-\x08\x0e-\x1a]")  # which text has next to none of
MARK = b"\x1a"  # which DOS and CP/M write once or often behind a file's end
HEAD, LINES = 2**18, 6  # bytes and lines that are enough to see how a table is written


@dataclass
class Skim:
    """What was counted in a text's bytes.

    Attributes:
        quotes: by their byte.
        escaped: whether backslashes stand before quotes.
        marked: whether the last byte is the end-of-file mark of DOS, which is no text.
    """

    quotes: dict[bytes, int] = field(default_factory=lambda: {b'"': 0, b"'": 0})
    escaped: bool = False
    marked: bool = False

    def over(self, chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
        """Pass bytes on; refuse a line that is longer than any film."""
        length, line, last = 0, 1, b""
        for chunk in chunks:
            end = chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r") + 1
            length = len(chunk) - end + (0 if end else length)
            line += chunk.count(b"\n")
            if length >= LONGEST:
                raise InputError(
                    f"{name}, line {line}: a line must be shorter than {LONGEST // 2**20} MiB; end it where a film "
                    "ends, or mend what wrote it"
                )
            for mark in self.quotes:
                self.quotes[mark] += chunk.count(mark)
            self.escaped = self.escaped or (b"\\" in chunk and ESCAPED.search(last + chunk) is not None)
            last, self.marked = chunk[-2:], chunk.endswith(MARK)
            yield chunk


@dataclass(frozen=True)
class TextStream:
    """A text file, opened as UTF-8 without a mark.

    Attributes:
        seen: what its bytes show.
        skim: what was counted in them.
        long_delimiter: of several characters, which becomes `STAND_IN`; empty: none.
    """

    file: TableFile
    encoding: str
    seen: Survey
    skim: Skim
    long_delimiter: str = ""

    @property
    def bad(self) -> bool:
        """Return whether there may be bytes that are no text: they become U+FFFD."""
        return self.seen.bad > 0

    def open(self) -> IO[bytes]:
        """Open the text as UTF-8."""
        stream = self.file.open()
        if self.encoding == "utf-8" and not (
            self.seen.bad or self.skim.escaped or self.skim.marked or self.long_delimiter
        ):
            return stream
        return io.BufferedReader(_Utf8(stream, self.encoding, self.skim.escaped, self.long_delimiter), 2**20)

    def head(self) -> str:
        """Return the first lines, in full."""
        with self.open() as stream:
            content = stream.read(HEAD)
            while content.count(b"\n") + content.count(b"\r") < LINES and len(content) < LONGEST:
                more = stream.read(HEAD)
                if not more:
                    break
                content += more
            if stream.read(1):
                content = content[: max(content.rfind(b"\n"), content.rfind(b"\r")) + 1] or content
        return content.decode("utf-8", "replace")


class _Utf8(io.RawIOBase):
    def __init__(self, stream: IO[bytes], encoding: str, escaped: bool, long_delimiter: str) -> None:
        self.stream, self.escaped, self.long_delimiter = stream, escaped, long_delimiter
        self.decoder = getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)("replace")
        self.ready, self.kept, self.ended = b"", "", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.ready and not self.ended:
            content = self.stream.read(2**20)
            self.ended = not content
            text = self.kept + self.decoder.decode(content, final=self.ended)
            ended = text.rstrip(MARK.decode())
            text, self.kept, marks = ended, "", "" if self.ended else text[len(ended) :]
            if self.escaped:
                if (len(text) - len(text.rstrip("\\"))) % 2 and not self.ended:
                    text, self.kept = text[:-1], "\\"
                text = re.sub(r'\\(["\\])', lambda match: '""' if match[1] == '"' else "\\", text)
            if self.long_delimiter:
                text = text.replace(self.long_delimiter, STAND_IN)
                begun = "" if self.ended else _begun(text, self.long_delimiter)
                text, self.kept = text.removesuffix(begun), begun + self.kept
            self.kept += marks
            self.ready = text.encode()
        part = self.ready[: len(buffer)]
        self.ready = self.ready[len(part) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self.stream.close()


def _begun(text: str, delimiter: str) -> str:
    """Return the start of a delimiter with which a text ends."""
    starts = (delimiter[:length] for length in range(len(delimiter) - 1, 0, -1))
    return next(filter(text.endswith, starts), "")


def open_text(file: TableFile, declared: str | None = None) -> TextStream:
    """Look through a text file once, and return it with its encoding: that declared, or else found out.

    Raises:
        InputError: the declared encoding does not exist, or doesn't fit the bytes; a line is too long.
    """
    if declared is not None:
        _refuse_no_encoding(declared)
    skim = Skim()
    with file.open() as stream:
        seen = survey(skim.over(iter(lambda: stream.read(2**20), b""), str(file)))
    encoding = encoding_of(seen)
    if not encoding.startswith(("utf-16", "utf-32")) and len(CONTROLS.findall(seen.head)) > len(seen.head) / 20:
        raise InputError(f"{file} is no text, for its bytes are those of a program's own format; give it as CSV")
    if declared is not None:
        other = other_encoding(seen, declared)
        if other:
            raise InputError(
                f"{file}: not {declared} text, for nearly every letter beyond ASCII would be nonsense; it looks like "
                f"{other}: give --data.encoding {other}, or leave it to be found out"
            )
        encoding = "utf-8-sig" if encoding == "utf-8-sig" and lookup(declared).name == "utf-8" else declared
    encoding = "utf-8" if lookup(encoding).name == "utf-8" else encoding
    text = TextStream(file, encoding, seen, skim)
    if encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):  # whose bytes were counted, not its letters
        text = TextStream(file, encoding, Survey(), Skim())
        with text.open() as stream:
            survey(text.skim.over(iter(lambda: stream.read(2**20), b""), str(file)))
    return text


def _refuse_no_encoding(name: str) -> None:
    try:
        "".encode(name)  # unlike codecs.lookup, refuses codecs that are none of text
        if lookup(name).name == "punycode":
            raise LookupError
    except (LookupError, ValueError):
        raise InputError(f"--data.encoding must be a text encoding such as utf-8 or latin-1, got {name!r}") from None
