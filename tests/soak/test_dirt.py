"""Two thousand tables with dirt drawn by seed; the tests of every change read the first fifty."""

import pytest

from tests.dirt import check_dirty_table


@pytest.mark.parametrize("start", range(0, 2000, 100))
def test_a_dirty_table_gives_back_its_clean_values_or_a_refusal_that_names_the_cell(start, tmp_path):
    for seed in range(start, start + 100):
        check_dirty_table(seed, tmp_path)
