"""What takes long of the report's page in a browser: figures on a phone and in the dark, and the page on paper."""

import pytest

from tests.commands.test_report import draw_all, opened, overflowing, run  # noqa: F401


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_nothing_overflows_where_every_figure_is_drawn(opened, width, scheme):  # noqa: F811
    seen = opened(width)
    seen.page.emulate_media(color_scheme=scheme)
    draw_all(seen.page)
    assert (overflowing(seen.page), seen.errors) == ([], [])


def test_a_printed_page_has_every_figure_whole(opened, tmp_path):  # noqa: F811
    page = opened().page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 990})
    draw_all(page)
    cut = page.evaluate(
        """[...document.querySelectorAll(".plot")].filter((plot) => {
          const svg = plot.querySelector(".main-svg").getBoundingClientRect();
          const box = plot.closest("figure").getBoundingClientRect();
          return svg.width < 100 || svg.right > box.right + 1 || svg.bottom > box.bottom + 1;
        }).map((plot) => plot.getAttribute("aria-label"))"""
    )
    assert cut == []
    assert page.evaluate("Math.max(...[...document.querySelectorAll('figure')].map((box) => box.offsetHeight))") < 990
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
