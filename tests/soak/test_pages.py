"""Every command on the pages of the documentation runs, also those that train."""

import pytest

from tests.docs.conftest import ratings, read_page
from tests.docs.test_pages import WITH_CODE, names

__all__ = ["ratings", "read_page"]


@pytest.mark.parametrize("page", WITH_CODE, ids=names)
def test_the_commands_of_a_page_run(page, read_page):
    read_page(page, in_full=True)
