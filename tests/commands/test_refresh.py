"""`refresh`: what it refuses; see tests/studies/test_refresh.py for what it does."""

import pytest

from tests.conftest import refused


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "`refresh` needs newer films: give --table FILE"),
        (("--table",), "--table needs a table of newer films"),
        (("--table", "newer.csv"), "`refresh` needs a trained model: give --run"),
    ],
)
def test_what_is_missing_is_named(command, words, message):
    refused(command("refresh", *words), message)


def test_a_table_that_is_not_there_is_refused(command, study):
    refused(command("refresh", "--run", study.path, "--table", "none.csv"), "TrackRecord")
