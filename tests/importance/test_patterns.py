"""Patterns of groups' labels, held against a dense matrix."""

import numpy as np

from greenlight_films.importance.film_sample import FilmSample
from greenlight_films.importance.patterns import Patterns

GROUPS = [np.array([0, 1]), np.array([2, 3])]


def test_patterns_are_the_rows_sets_of_labels_with_their_counts(make_study):
    study = make_study(80, (30, 40, 20, 60), seed=2)
    patterns = Patterns.of(study.entries, GROUPS)
    for number, group in enumerate(GROUPS):
        has = study.matrix[:, group] != 0
        expected = np.unique(has[has.any(1)], axis=0, return_counts=True)[1]
        assert sorted(patterns.count[patterns.group == number].tolist()) == sorted(expected.tolist())
        holder = patterns.group[patterns.pattern] == number
        assert patterns.row[holder].tolist() == np.flatnonzero(has.any(1)).tolist()


def test_each_pattern_meets_each_holder_of_its_group_that_is_not_in_the_sample(make_study):
    study = make_study(80, (30, 40, 20, 60), seed=2)
    patterns = Patterns.of(study.entries, GROUPS)
    sample = FilmSample.of(study.rows, 1, most_rows=32)
    pattern, holder = patterns.beyond(sample)
    expected = {
        (number, other)
        for number, group in enumerate(patterns.group.tolist())
        for other, (kind, row) in enumerate(zip(patterns.pattern.tolist(), patterns.row.tolist(), strict=True))
        if patterns.group[kind] == group and row not in sample.rows.tolist()
    }
    assert len(expected) > 50
    assert sorted(zip(pattern.tolist(), holder.tolist(), strict=True)) == sorted(expected)
    blocks = make_study(80, (30, 40, 20, 60), seed=2, rows_a_film=2)
    of_blocks = Patterns.of(blocks.entries, GROUPS)
    assert not len(of_blocks.beyond(FilmSample.of(blocks.rows, 1, most_rows=32))[0])
