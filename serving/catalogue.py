"""Lookups in a run: its columns, films, names, importances and scores."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features import Bins, Category, Date, Feature, Labels, Number, Popularity, Text
from greenlight_films.importance.result import measure
from greenlight_films.serving.answers import READ, finite
from greenlight_films.serving.cells import FieldError, Film, most_names, no_role
from greenlight_films.serving.name_index import NameIndex
from greenlight_films.serving.schemas import (
    ColumnShape,
    FilmMatch,
    FilmMatches,
    Goodness,
    Importances,
    LabelMatch,
    LabelMatches,
    NameFilms,
    RunShape,
    WholeFilm,
)
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.interval_files import LEVELS
from greenlight_films.studies.verdict import verdict_of

KINDS: dict[type[Feature[Any]], str] = {
    Labels: "labels",
    Category: "category",
    Number: "number",
    Date: "date",
    Bins: "number",
    Text: "text",
    Popularity: "text",
}
"""How a film's cell is put in, of the features that read a column the first of these."""

PAGE = 50  # importances
MOST_POINTS = 2000
GROUPS = 10  # of the calibration, with as many films each


class Catalogue:
    """Looks up a run's films, names, importances and scores."""

    def __init__(self, run: ServedRun) -> None:
        self.run = run
        known = run.known
        titles = [] if known is None else [known.title(position) for position in range(known.films.n_rows)]
        # The shorter a title that holds what is typed, the nearer it is to it.
        self._titles, self._films = titles, NameIndex(titles, -np.array([len(title) for title in titles]))
        self._names: dict[str, tuple[NameIndex, list[str], np.ndarray | None]] = {}
        self._counts: dict[str, dict[str, int]] = {}
        counts = run.label_films
        for column, blocks in run.label_blocks.items():
            names = list(dict.fromkeys(name for _, block in blocks for name in block.values))
            films = None if counts is None else self._films_of(names, blocks, counts)
            rank = np.zeros(len(names)) if films is None else films
            self._names[column] = NameIndex(names, rank), names, films
            self._counts[column] = {} if films is None else dict(zip(names, films.tolist(), strict=True))

    @staticmethod
    def _films_of(names: list[str], blocks: list[tuple[int, Block]], counts: np.ndarray) -> np.ndarray:
        position = {name: index for index, name in enumerate(names)}
        films = np.zeros(len(names), dtype=np.int64)
        for first, block in blocks:
            films[[position[name] for name in block.values]] += counts[first : first + len(block.values)]
        return films

    def shape(self) -> RunShape:
        """Return what the run is about."""
        run, results = self.run, self.run.results
        sentences = {"films": run.no_films, "intervals": run.no_intervals}
        if run.background is None:
            sentences["contributions"] = (
                "No contributions: the run keeps no films to measure them from; `importance --run` adds these."
            )
        if results.features.empty:
            sentences["importance"] = "No importances: they were not measured."
        scale, known = run.fitted.scale, run.known
        return RunShape(
            name=results.name,
            target=results.target,
            unit=results.unit,
            scale=results.learnt_unit,
            transform=scale.transform,
            shift=scale.shift,
            average=results.importance.get("average_prediction"),
            std=scale.std,
            columns=self._columns(),
            films=0 if known is None else known.n_films(),
            learnt=0 if known is None else known.n_films(known.films.learnt),
            has_interval=[level for level in LEVELS if run.intervals is not None and run.intervals.has(level / 100)],
            sentences={part: sentence for part, sentence in sentences.items() if sentence},
        )

    def _columns(self) -> list[ColumnShape]:
        """Return a shape a column, by that of its features whose kind comes first."""
        order, chosen = list(KINDS), dict[str, Feature[Any]]()
        for feature in self.run.fitted.encoder.features:
            kind, other = type(feature), chosen.get(feature.column)
            if kind in KINDS and (other is None or order.index(kind) < order.index(type(other))):
                chosen[feature.column] = feature
        return [self._column(feature) for feature in chosen.values()]

    def _column(self, feature: Feature[Any]) -> ColumnShape:
        column, kind = feature.column, KINDS[type(feature)]
        shape = ColumnShape(column=column, kind=kind, role=feature.named_role, columns=feature.columns)
        if isinstance(feature, Labels | Category):
            shape.most = most_names(feature)
        if isinstance(feature, Number | Date):
            own = (each for each in self.run.numbers if each.column == column and each.part in ("", "year"))
            number = next(own, None)
            if number is not None:
                ends = () if self.run.ranges is None else self.run.ranges[:, number.index]
                known = number.in_table(np.array([number.median, *ends]))
                shape.usual, *seen = (finite(each, READ) for each in known)
                shape.least, shape.greatest = seen or (None, None)
        return shape

    def films(self, query: str, n: int) -> FilmMatches:
        """Return the films whose titles have words that begin as those of a query do, short ones first.

        Without a query they are the table's first films.
        """
        known = self.run.known
        if known is None:
            return FilmMatches(films=[])
        positions = self._films.search(query, n) if query.strip() else list(range(min(n, known.films.n_rows)))
        return FilmMatches(films=[self._match(position) for position in positions])

    def _match(self, position: int) -> FilmMatch:
        known = self.run.known
        assert known is not None
        return FilmMatch(
            row=int(known.films.number[position]),
            title=self._titles[position],
            split=str(known.films.side_names()[position]),
            learnt_from=bool(known.is_learnt[position]),
            actual=finite(known.films.actual[position], READ),
        )

    def film(self, row: int) -> WholeFilm:
        """Return a film of the run's table with its cells, names as lists.

        Raises:
            FieldError: there is no such film.
        """
        position, known = self.position(row, ["row"]), self.run.known
        assert known is not None
        film = known.film(position)
        cells = {column: film.cells[column] for column in self.run.cells.columns if column in film.cells}
        for feature in self.run.cells.features:
            column = feature.column
            if isinstance(feature, Labels) and feature.from_columns is None and column in cells:
                cells[column] = self.run.cells.names(column, film.cells)
            elif isinstance(feature, Number | Bins) and column in cells:
                cells[column] = self._number(feature, film.cells)
        return WholeFilm(**self._match(position).model_dump(), cells=cells, names=self.names(film))

    def names(self, film: Film) -> dict[str, list[NameFilms]]:
        """Return a film's names by the columns of labels, each with the films learnt from that have it."""
        read = {column: self.run.cells.names(column, film.cells) for column in self.run.cells.labelled}
        return {
            column: [NameFilms(label=name, films=self._counts[column].get(name)) for name in names]
            for column, names in read.items()
        }

    def _number(self, feature: Number | Bins, cells: Mapping[str, Any]) -> float | None:
        """Return a film's number, however its cell writes it."""
        cell = pd.DataFrame({feature.column: pd.Series([cells.get(feature.column)], dtype=object)})
        value = feature.read(cell, self.run.cells.formats)[0]
        return finite(np.expm1(value) if isinstance(feature, Number) and feature.log1p else value, READ)

    def position(self, row: int, field: list[str | int]) -> int:
        """Return the position of a row of the run's table.

        Raises:
            FieldError: there is no such film.
        """
        known = self.run.known
        if known is None:
            raise FieldError(self.run.no_films, field)
        if row not in known.positions:
            raise FieldError(f"the run has no film in row {row} of its table", field)
        return known.positions[row]

    def labels(self, query: str, role: str, n: int) -> LabelMatches:
        """Return the names of a role, or of all, that begin as a query does, those of most films first.

        Raises:
            FieldError: there is no such role.
        """
        labelled, matches = self.run.cells.labelled, []
        for column in self.run.cells.columns_of(role) if role else labelled:
            index, names, films = self._names[column]
            positions = index.search(query, n) if query.strip() else index.first(n)
            matches += [
                LabelMatch(
                    label=names[position],
                    column=column,
                    role=labelled[column].named_role,
                    films=None if films is None else int(films[position]),
                )
                for position in positions
            ]
        matches.sort(key=lambda match: -(match.films or 0))
        return LabelMatches(labels=matches[:n])

    def importance(self, role: str, page: int, query: str = "") -> Importances:
        """Return a page of the importances, of a role or all.

        Raises:
            FieldError: none was measured of such a role.
        """
        table, how = self.run.results.features, self.run.results.importance
        if table.empty:
            return Importances(measure="", unit="", roles=[], total=0, page=1, pages=0, rows=[])
        roles = sorted(table["role"].dropna().astype(str).unique())
        if role and role not in roles:
            raise no_role(role, roles)
        if role:
            table = table[table["role"] == role]
        if query:
            table = table[table["feature"].str.contains(query, case=False, regex=False)]
        pages = -(-len(table) // PAGE)
        rows = table.iloc[(page - 1) * PAGE : page * PAGE]
        wanted = ["rank", "feature", "column", "value", "role", "importance", "low_95", "high_95", "p", "q"]
        wanted += ["direction", "n_films"]
        return Importances(
            measure=measure(how["loss"], how["unit"]),
            unit=how["unit"],
            roles=roles,
            total=len(table),
            page=page,
            pages=pages,
            rows=records(rows[[name for name in wanted if name in rows]]),
        )

    def goodness(self) -> Goodness:
        """Return how good the network is on the test films."""
        results = self.run.results
        board = results.leaderboard if results.metrics.get("models") else pd.DataFrame()
        test = results.test
        points = test[[name for name in ("row", "title", "actual", "predicted") if name in test]]
        if len(points) > MOST_POINTS:
            points = points.sample(MOST_POINTS, random_state=0).sort_index()
        judged = verdict_of(results.metrics)
        return Goodness(
            sentences=[] if judged is None else list(judged.sentences),
            leaderboard=records(board),
            points=records(points),
            calibration=self._calibration(test),
            coverage=records(results.coverage),
        )

    def _calibration(self, test: pd.DataFrame) -> list[dict[str, float | int]]:
        """Return mean prediction and mean target of films in groups by prediction, on the scale that was learnt."""
        if test.empty:
            return []
        scale = self.run.fitted.scale
        predicted, actual = (scale.learnt(test[name].to_numpy()) for name in ("predicted", "actual"))
        parts = np.array_split(np.argsort(predicted), min(GROUPS, len(test)))
        return [
            {
                "predicted": float(predicted[part].mean()),
                "actual": float(actual[part].mean()),
                "error": float(actual[part].std() / np.sqrt(len(part))),
                "films": len(part),
            }
            for part in parts
        ]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a line a row as JSON has it; what isn't known is None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")
