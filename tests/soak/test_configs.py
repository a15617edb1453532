"""Every search that is shipped, with all values that it tries."""

import pytest

from tests.test_configs import SEARCHES, read, search_an_epoch


@pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)
def test_a_search_trains_an_epoch_of_each_trial(command, path, tmp_path):
    search_an_epoch(command, path, tmp_path, read(path)["search"]["space"])
