"""`NameIndex`: names that begin as somebody types, those of most films first."""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from threading import Lock

import numpy as np


class NameIndex:
    """Names by the beginnings of their words, in any case and without accents, in a database in memory.

    Args:
        names: (n,) texts.
        rank: (n,) the higher the earlier; ties as they come.
    """

    def __init__(self, names: Sequence[str], rank: np.ndarray) -> None:
        self._order = np.argsort(-rank, kind="stable")
        self._lock = Lock()
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        # The table's rows are in the order of rank: those found come in it, and the first few are enough.
        self._base.execute(
            "CREATE VIRTUAL TABLE names USING fts5(name, content='', detail='column', prefix='1 2 3', "
            "tokenize='unicode61 remove_diacritics 2')"
        )
        rows: Iterable[tuple[int, str]] = ((row, names[index]) for row, index in enumerate(self._order.tolist()))
        self._base.executemany("INSERT INTO names(rowid, name) VALUES (?, ?)", rows)

    def first(self, n: int) -> list[int]:
        """Return the indices of the names that stand first."""
        return self._order[:n].tolist()

    def search(self, query: str, n: int = 10) -> list[int]:
        """Return the indices of names with words that begin as those of the query do; all words of it must be there."""
        words = re.findall(r"\w+", query.replace("_", " "))
        if not words:
            return []
        expression = " AND ".join(f'"{word}"*' for word in words[:10])
        with self._lock:
            rows = self._base.execute(
                "SELECT rowid FROM names WHERE names MATCH ? ORDER BY rowid LIMIT ?", (expression, n)
            ).fetchall()
        return [int(self._order[row]) for (row,) in rows]
