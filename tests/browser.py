"""What axe-core finds on a page in a browser."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def serious_faults(page: Page) -> list[tuple[str, str]]:
    """Return the serious and critical faults of a page: the rule, and the first element at fault."""
    faults = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in faults if each["impact"] in ("serious", "critical")]
