import pytest

from tests.dirt import check_dirty_table


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 50, 10))
def test_a_dirty_table_gives_back_its_clean_values_or_a_refusal_that_names_the_cell(start, tmp_path):
    for seed in range(start, start + 10):
        check_dirty_table(seed, tmp_path)
