"""The page of `serve` in a real browser, on a small run that is served as `serve` does."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from socket import create_server
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Locator, Page, expect

from greenlight_films.serving.app import application
from greenlight_films.serving.guard import Guard
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.run_folder import RunFolder
from tests.conftest import STUDY, UNLOGGED, awkward_films

PATIENCE = 30_000  # milliseconds, on a busy machine
EVIL = "<img src=x onerror=alert(1)>"
DIRECTORS = ["Ann Able", "Bo Brave", EVIL, "Dé Dür"]
FILM = "Film 33"


@contextmanager
def served(run: Path) -> Iterator[str]:
    """Serve a run in a thread; the address is what it is served at."""
    with create_server(("127.0.0.1", 0)) as listening:
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        guarded = Guard(application(ServedRun.open(RunFolder.open(run))), [host])
        server = uvicorn.Server(uvicorn.Config(guarded, log_level="warning", access_log=False, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://{host}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def address(command, tmp_path_factory) -> Iterator[str]:
    """Return where a small study is served; its films have a director each, whose work differs by 1 point."""
    folder = tmp_path_factory.mktemp("page")
    films = awkward_films()
    codes = np.random.default_rng(5).integers(0, len(DIRECTORS), len(films))
    codes[[30, 33]] = 1
    films["director"] = np.array(DIRECTORS)[codes]
    films["rating"] += codes
    films.loc[30, "title"] = f"Evil {EVIL}"
    films.to_csv(folder / "films.csv", index=False)
    director = "    - {class_path: Labels, init_args: {column: director}}\n  split:"
    study = STUDY.format(table=folder / "films.csv").replace("  split:", director).replace("[ridge, pca]", "[ridge]")
    (folder / "study.yaml").write_text(study.replace("max_epochs: 4", "max_epochs: 30"), encoding="utf-8")
    answer = command("study", "--config", folder / "study.yaml", "--runs", folder / "runs", *UNLOGGED)
    assert answer.code == 0, answer.err
    with served(folder / "runs/small/version_0") as address:
        yield address


@pytest.fixture
def opened(browser, address) -> Iterator[Callable[..., Page]]:
    """Return what opens the page at an address, as another browser would; in the end it complained of nothing."""
    seen = SimpleNamespace(errors=[], requests=[], addresses={address})
    contexts = []

    def open_page(link: str = "", width: int = 1280, scheme: str = "light") -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("dialog", lambda dialog: seen.errors.append(dialog.message))
        seen.addresses.add("http://" + urlsplit(link or address).netloc)
        page.goto(link or address)
        page.wait_for_selector("h2")
        return page

    expect.set_options(timeout=PATIENCE)
    yield open_page
    for context in contexts:
        context.close()
    assert [error for error in seen.errors if "status of 422" not in error] == []  # Chromium's own line on a refusal
    assert {f"http://{urlsplit(url).netloc}" for url in seen.requests if not url.startswith("blob:")} <= seen.addresses


def settled(page: Page) -> None:
    """Wait for the answers to what was edited."""
    expect(page.locator("main [aria-busy]")).to_have_count(0)


def choose(box: Locator, typed: str, name: str) -> None:
    """Type into a combobox and take a name that it offers."""
    box.fill(typed)
    box.locator("xpath=../ul").get_by_role("option").filter(has_text=name).first.click()


def open_film(page: Page, title: str = FILM) -> None:
    choose(page.get_by_role("combobox", name="Search a film"), title, title)
    expect(page.locator(".title")).to_contain_text(title)
    settled(page)


def number(text: str) -> Decimal:
    """Return the first number of a text."""
    return Decimal(re.search(r"[+−]?[\d.]+", text)[0].replace("−", "-"))


def waterfall_of(page: Page) -> list[Decimal]:
    """Return the numbers of the waterfall as they stand, after checking that they add up to the prediction."""
    first, *changes, last = [number(text) for text in page.locator(".waterfall .steps").all_inner_texts()]
    assert len(changes) > 3
    assert first + sum(changes) == last == number(page.locator(".result .prediction").inner_text())
    return [first, *changes, last]
