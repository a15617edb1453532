"""`NameBytes`: searches all of many short texts at once, in their bytes; several times as fast as Arrow's searches."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile

import numpy as np
import pyarrow as pa

_PADDING = 8
_OF_LENGTH = np.array([256**length - 1 for length in range(5)], dtype=np.uint32)
"""Masks of the last bytes of a text, by its length up to four."""
_ODD = np.isin(np.arange(2**16), [int.from_bytes(letter.encode()) for letter in "Ĳĳ\u013f\u0140ŉſİŸ"])
"""Letters of two bytes, as a number, that NFKC or the other case changes into others."""


@dataclass(frozen=True)
class NameBytes:
    """The bytes of texts in UTF-8.

    Attributes:
        starts: (n + 1,) int64, where each text begins in `data`, and the end.
        data: uint8.
    """

    starts: np.ndarray
    data: np.ndarray

    @classmethod
    def of(cls, names: pa.Array) -> "NameBytes":
        """Take the bytes of an array of texts, none of them null."""
        if not len(names):
            return cls(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.uint8))
        names = names if names.type == pa.large_string() else names.cast(pa.large_string())
        starts = np.frombuffer(names.buffers()[1], np.int64)[names.offset : names.offset + len(names) + 1]
        data = np.frombuffer(names.buffers()[2] or b"", np.uint8)
        return cls(starts - starts[0], data[starts[0] : starts[-1]])

    @cached_property
    def lengths(self) -> np.ndarray:
        """The number of bytes of each text, (n,) int64."""
        return np.diff(self.starts)

    def holding(self, *texts: str) -> np.ndarray:
        """Return which texts hold any of `texts`, (n,) bool."""
        mask = np.zeros(len(self.starts) - 1, dtype=bool)
        by_length = sorted((text.encode() for text in texts), key=len)
        longer = list(dropwhile(lambda text: len(text) == 1, by_length))
        if single := by_length[: len(by_length) - len(longer)]:
            hits = self.data == single[0][0]
            for text in single[1:]:
                hits |= self.data == text[0]
            mask[self._names_at(np.flatnonzero(hits))] = True
        for text in longer:
            positions = _positions(self.data, text)
            name = self._names_at(positions)
            mask[name[positions + len(text) <= self.starts[name + 1]]] = True
        return mask

    @cached_property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """The first and the last byte of each text, each (n,) uint8; 0 of an empty one."""
        given = self.starts[1:] > self.starts[:-1]
        return self._bytes_at(self.starts[:-1]) * given, self._bytes_at(self.starts[1:] - 1) * given

    def ending_in(self, ends: "Ends") -> np.ndarray:
        """Return which texts end so, (n,) bool."""
        mask = np.asarray(ends.table[self._last_two])
        at = np.flatnonzero(mask)
        words = _numbers_at(self._padded, self.starts[1:][at] - Ends.LENGTH, ">u4").astype(np.uint32)
        mask[at] = ends.match(words & _OF_LENGTH[np.minimum(self.lengths[at], Ends.LENGTH)])
        return mask

    def digests(self) -> np.ndarray:
        """Return a number for each text, (n,) uint64, the same for texts not `beyond_latin` that differ in case alone.

        It is of a text's length and its first and last eight bytes: others may have the same.
        """
        lengths = self.lengths
        data = self._padded | np.uint8(0x20)
        data[self._letters + (_PADDING + 1)] = 0  # small and capital differ in the second byte
        first, last = (_numbers_at(data, at, "<u8") for at in (self.starts[:-1], self.starts[1:] - 8))
        short = lengths < 8
        first[short] &= (np.uint64(1) << (8 * lengths[short]).astype(np.uint64)) - np.uint64(1)
        last[short] = 0
        mixed = first * np.uint64(0x9E3779B97F4A7C15) ^ last * np.uint64(0xC2B2AE3D27D4EB4F)
        return np.asarray(mixed + lengths.astype(np.uint64))

    @cached_property
    def beyond_latin(self) -> np.ndarray:
        """Which texts hold anything but ASCII and letters such as é and ş in one character each, (n,) bool.

        The others are in Unicode NFC, NFKC changes nothing of them, and in the other case they are as long.
        """
        letters = self._letters
        mask = np.zeros(len(self.starts) - 1, dtype=bool)
        mask[self._names_at(letters[_ODD[_numbers_at(self._padded, letters, ">u2")]])] = True
        mask[self._names_at(np.flatnonzero((self.data > 0xC5) | (self.data == 0xC2)))] = True
        return mask

    @cached_property
    def _last_two(self) -> np.ndarray:
        """The last two bytes of each text as a number, (n,) uint16; 0 of a shorter one."""
        return np.asarray(_numbers_at(self._padded, self.starts[1:] - 2, ">u2") * (self.lengths > 1))

    @cached_property
    def _padded(self) -> np.ndarray:
        """`data` between zeros, so that there are bytes before the first text and behind the last."""
        padded = np.zeros(len(self.data) + 2 * _PADDING, dtype=np.uint8)
        padded[_PADDING:-_PADDING] = self.data
        return padded

    @cached_property
    def _letters(self) -> np.ndarray:
        """Where letters such as é and ş begin in `data`, from U+00C0 to U+017F, of two bytes each."""
        return np.flatnonzero(self.data - np.uint8(0xC3) < 3)

    def _bytes_at(self, positions: np.ndarray) -> np.ndarray:
        """Return the byte at each position, or the nearest."""
        return self.data.take(positions, mode="clip") if len(self.data) else np.zeros(len(positions), dtype=np.uint8)

    def _names_at(self, positions: np.ndarray) -> np.ndarray:
        """Return which text each position in `data` belongs to."""
        return np.searchsorted(self.starts, positions, side="right") - 1


class Ends:
    """Ends of texts, of two bytes or more, in whatever case; of longer ones the last four bytes are looked at.

    Attributes:
        table: (65,536,) bool, by the last two bytes as a number.
        words: by a mask of the bytes that ends have, their last four as numbers, in small letters, ascending.
    """

    LENGTH, SMALL = 4, np.uint32(0x20202020)

    def __init__(self, texts: Iterable[str]) -> None:
        self.table = np.zeros(2**16, dtype=bool)
        words = defaultdict[np.uint32, set[int]](set)
        for text in texts:
            end = text.encode()[-self.LENGTH :]
            before, last = ({byte, ord(chr(byte).swapcase()) if byte < 0x80 else byte} for byte in end[-2:])
            self.table[[first << 8 | second for first in before for second in last]] = True
            mask = np.uint32(256 ** len(end) - 1)
            words[mask].add(int((int.from_bytes(end) | self.SMALL) & mask))
        self.words = {mask: np.array(sorted(some), dtype=np.uint32) for mask, some in words.items()}

    def match(self, words: np.ndarray) -> np.ndarray:
        """Return which of the last four bytes of texts, as numbers, are of such ends, (n,) bool."""
        words = words | self.SMALL
        matches = np.zeros(len(words), dtype=bool)
        for mask, ends in self.words.items():
            of_mask = words & mask
            matches |= ends.take(np.searchsorted(ends, of_mask), mode="clip") == of_mask
        return matches


def _numbers_at(padded: np.ndarray, positions: np.ndarray, kind: str) -> np.ndarray:
    """Return the bytes from each position on as a number of this kind, counted from behind the padding."""
    size = np.dtype(kind).itemsize
    return np.ndarray(len(padded) - size + 1, kind, padded, strides=(1,))[positions + _PADDING]


def _positions(data: np.ndarray, text: bytes) -> np.ndarray:
    """Return where a text begins in data."""
    n = len(data) - len(text) + 1
    if n < 1:
        return np.array([], dtype=np.int64)
    hits = data[:n] == text[0]
    for shift, byte in enumerate(text[1:], start=1):
        hits &= data[shift : shift + n] == byte
    return np.flatnonzero(hits)
