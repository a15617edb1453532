import pandas as pd

from greenlight_films.datamodules.tables.distinct_texts import distinct_texts, plain_word


def test_each_text_stands_once_and_rows_get_the_values_of_their_texts():
    cells = distinct_texts(pd.Series([" a", None, "b", "a\u00a0"], dtype="str"))
    assert cells.texts.to_pylist() == ["a", "b"]
    assert cells.codes.tolist() == [0, -1, 1, 0]
    assert cells.counts().tolist() == [2, 1]
    assert cells.rows(cells.counts() > 1, False).tolist() == [True, False, False, True]


def test_a_plain_word_has_no_unseen_characters():
    assert plain_word(" N\u200bot\u00a0 Known") == "not known"


def test_a_large_column_of_different_texts_is_left_as_it_is():
    column = pd.Series([None, *map(str, range(20_000)), "7"], dtype="str")
    cells = distinct_texts(column, exactly=False)
    assert (len(cells.texts), len(distinct_texts(column).texts)) == (20_001, 20_000)
    assert cells.codes[[0, 1, 20_001]].tolist() == [-1, 0, 20_000]
