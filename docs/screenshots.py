"""Pictures for README.md and importance.md from a run's report. Needs chromium.

python docs/screenshots.py runs/ratings/version_0
"""

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
LIMIT = 300_000  # the largest size of a picture, in bytes
SEARCH = "Lynch"  # one whose films show it, and some of one or two films


def main(run: str) -> None:
    """Take the top of the report, its figure of the most important features, and its table of values."""
    browser_path = shutil.which("chromium") or sys.exit("chromium is not installed")
    page_path = (Path(run) / "report.html").resolve()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 1000})
        page.goto(page_path.as_uri())
        _wait_until_drawn(page, "scores")
        page.screenshot(path=HERE / "report.png")
        figure = page.locator("figure", has_text="The most important features")
        figure.scroll_into_view_if_needed()
        _wait_until_drawn(page, "importance")
        figure.screenshot(path=HERE / "importance.png")
        page.fill("#search", SEARCH)
        page.wait_for_timeout(500)
        page.locator("#values").screenshot(path=HERE / "values.png")
        browser.close()
    for name in ("report.png", "importance.png", "values.png"):
        _shrink(HERE / name)


def _wait_until_drawn(page: Page, section: str) -> None:
    page.wait_for_selector(f"#{section} .plot .main-svg", state="attached")
    page.wait_for_timeout(1000)


def _shrink(path: Path) -> None:
    """Reduce the picture to 128 colours; figures have few."""
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)
    if path.stat().st_size > LIMIT:
        sys.exit(f"{path} has {path.stat().st_size:,} bytes, more than {LIMIT:,}")


if __name__ == "__main__":
    main(*sys.argv[1:2] or ["runs/ratings/version_0"])
