"""`NameBytes`: searches all of many short texts at once, in their bytes; several times as fast as Arrow's searches."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa


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

    def holding(self, *texts: str) -> np.ndarray:
        """Return which texts hold any of `texts`, (n,) bool."""
        mask = np.zeros(len(self.starts) - 1, dtype=bool)
        for text in (text.encode() for text in texts):
            positions = _positions(self.data, text)
            name = self._names_at(positions)
            mask[name[positions + len(text) <= self.starts[name + 1]]] = True
        return mask

    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and the last byte of each text, each (n,) uint8; 0 of an empty one."""
        given = np.diff(self.starts) > 0
        first, last = np.zeros(len(given), dtype=np.uint8), np.zeros(len(given), dtype=np.uint8)
        first[given], last[given] = self.data[self.starts[:-1][given]], self.data[self.starts[1:][given] - 1]
        return first, last

    def ending_in(self, ends: "Ends") -> np.ndarray:
        """Return which texts end so, (n,) bool."""
        long_enough = np.diff(self.starts) > 1
        last = self.starts[1:][long_enough] - 1
        mask = np.zeros(len(long_enough), dtype=bool)
        mask[long_enough] = ends.table[self.data[last - 1].astype(np.uint16) << 8 | self.data[last]]
        return mask

    def beyond_ascii(self) -> np.ndarray:
        """Return which texts hold anything but ASCII, (n,) bool."""
        mask = np.zeros(len(self.starts) - 1, dtype=bool)
        mask[self._names_at(np.flatnonzero(self.data >= 0x80))] = True
        return mask

    def digests(self) -> np.ndarray:
        """Return a number for each text, (n,) uint64, the same for texts that differ in the case of ASCII alone.

        It is of a text's length and its first and last eight bytes: others may have the same.
        """
        lengths = np.diff(self.starts)
        eight = np.zeros(8, dtype=np.uint8)
        data = np.concatenate((eight, self.data | 0x20, eight))
        words = np.ndarray(len(data) - 7, "<u8", data, strides=(1,))  # the eight bytes from each byte on
        first, last = words[self.starts[:-1] + 8], words[self.starts[1:]]
        short = lengths < 8
        first[short] &= (np.uint64(1) << (8 * lengths[short]).astype(np.uint64)) - np.uint64(1)
        last[short] = 0
        mixed = first * np.uint64(0x9E3779B97F4A7C15) ^ last * np.uint64(0xC2B2AE3D27D4EB4F)
        return np.asarray(mixed + lengths.astype(np.uint64))

    def beyond_latin(self) -> np.ndarray:
        """Return which texts hold anything but ASCII and letters such as é and ş in one character each, (n,) bool.

        The others are in Unicode NFC, and NFKC changes nothing of them.
        """
        leads = np.flatnonzero(self.data >= 0xC0)  # the first bytes of the characters beyond ASCII
        pairs = self.data[leads].astype(np.uint16) << 8 | self.data[leads + 1]
        letters = (pairs >= 0xC380) & (pairs <= 0xC5BE)
        for digraph in "Ĳĳ\u013f\u0140ŉ":
            letters &= pairs != int.from_bytes(digraph.encode())
        mask = np.zeros(len(self.starts) - 1, dtype=bool)
        mask[self._names_at(leads[~letters])] = True
        return mask

    def _names_at(self, positions: np.ndarray) -> np.ndarray:
        """Return which text each position in `data` belongs to."""
        return np.searchsorted(self.starts, positions, side="right") - 1


class Ends:
    """Ends of texts, looked up by their last two bytes; ASCII in whatever case.

    Attributes:
        table: (65,536,) bool, by the two bytes as a number.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.table = np.zeros(2**16, dtype=bool)
        for text in texts:
            before, last = ({byte, ord(chr(byte).swapcase()) if byte < 0x80 else byte} for byte in text.encode()[-2:])
            self.table[[first << 8 | second for first in before for second in last]] = True


def _positions(data: np.ndarray, text: bytes) -> np.ndarray:
    """Return where a text begins in data."""
    n = len(data) - len(text) + 1
    if n < 1:
        return np.array([], dtype=np.int64)
    hits = data[:n] == text[0]
    for shift, byte in enumerate(text[1:], start=1):
        hits &= data[shift : shift + n] == byte
    return np.flatnonzero(hits)
