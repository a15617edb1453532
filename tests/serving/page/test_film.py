"""The view of a film: prediction, interval and waterfall follow each edit."""

from decimal import Decimal

from playwright.sync_api import expect

from tests.serving.page.conftest import EVIL, choose, number, open_film, served, settled, waterfall_of


def test_another_director_changes_prediction_interval_and_waterfall(opened):
    page = opened()
    open_film(page)
    before = waterfall_of(page)
    interval = page.locator(".result dd").first.inner_text()
    page.get_by_role("button", name="Take out Bo Brave").click()
    settled(page)
    without = waterfall_of(page)
    choose(page.get_by_role("combobox", name="director"), "de", "Dé Dür")
    settled(page)
    after = waterfall_of(page)
    assert len({before[0], without[0], after[0]}) == 1  # the average film
    assert len({before[-1], without[-1], after[-1]}) == 3
    assert page.locator(".result dd").first.inner_text() != interval
    assert "Dé Dür" in page.locator(".waterfall").inner_text()
    assert "director: Dé Dür in place of Bo Brave" in page.locator(".edits").inner_text()
    moved = number(page.locator(".result dd").last.inner_text())
    assert abs(moved - (after[-1] - before[-1])) <= Decimal("0.01")  # both are rounded
    page.get_by_role("combobox", name="Parts").select_option("columns")
    assert len(waterfall_of(page)) < len(after)
    page.get_by_role("button", name="Undo all changes").click()
    settled(page)
    page.get_by_role("combobox", name="Parts").select_option("values")
    assert waterfall_of(page) == before


def test_an_empty_film_is_filled_in_and_what_the_model_does_not_know_is_marked(opened):
    page = opened()
    settled(page)
    year = page.get_by_role("textbox", name="year")
    year.fill("2090")
    choose(page.get_by_role("combobox", name="cast"), "Nobody Known", "Nobody Known")
    choose(page.get_by_role("combobox", name="company"), "ac", "Acme")
    settled(page)
    expect(page.get_by_role("group", name="year")).to_contain_text("Beyond what was seen: 1960 to 2018.")
    expect(page.locator(".chip.unknown")).to_contain_text("Nobody Known")
    expect(page.get_by_role("group", name="company").locator(".chip")).to_contain_text("Acme")
    waterfall_of(page)


def test_of_an_empty_film_usual_numbers_are_not_shown_as_its_own(opened, address):
    page = opened()
    settled(page)
    (year,) = (each for each in page.request.get(f"{address}/run").json()["columns"] if each["column"] == "year")
    parts = page.locator(".waterfall tbody th")
    expect(parts.filter(has_text="year")).to_have_text(f"year not known ({year['usual']:.0f} is usual)")
    page.get_by_role("textbox", name="year").fill("1988")
    settled(page)
    expect(parts.filter(has_text="year")).to_have_text("1988 year")


def test_a_sentence_that_ends_with_a_company_has_one_stop(opened):
    page = opened()
    choose(page.get_by_role("combobox", name="company"), "Toho Co., Ltd.", "Toho Co., Ltd.")
    settled(page)
    assert page.locator(".edits").inner_text() == "Changed: company: Toho Co., Ltd."
    choose(page.get_by_role("combobox", name="company"), "acme", "Acme")
    assert page.locator(".edits").inner_text() == "Changed: company: Acme."


def test_a_date_beyond_what_was_seen_is_marked_and_the_head_counts_films(opened, of_dates):
    with served(of_dates.results.run.path) as address:
        page = opened(address)
        settled(page)
        shape = page.request.get(f"{address}/run").json()
        expect(page.locator("#about")).to_contain_text(f"{shape['learnt']} of {shape['films']} films learnt from")
        (date,) = (each for each in shape["columns"] if each["column"] == "released")
        seen = f"{date['least']:.0f} to {date['greatest']:.0f}"
        released = page.get_by_role("group", name="released")
        expect(released).to_contain_text(seen)
        page.get_by_role("textbox", name="released").fill("1 January 2050")
        settled(page)
        expect(released.locator(".beyond")).to_have_text(f"Beyond what was seen: years {seen}.")
        page.get_by_role("textbox", name="released").fill("1 January 1990")
        settled(page)
        expect(released.locator(".beyond")).to_have_count(0)


def test_a_name_is_taken_by_the_press_where_the_list_moves_before_the_release(opened):
    page = opened()
    box = page.get_by_role("combobox", name="company")
    box.fill("ac")
    option = box.locator("xpath=../ul").get_by_role("option").filter(has_text="Acme").first
    option.hover()
    page.mouse.down()
    page.evaluate("document.body.style.paddingTop = '400px'")  # as a note above it does
    page.mouse.up()
    chips = page.get_by_role("group", name="company").locator(".chip")
    expect(chips).to_contain_text("Acme")
    box.fill("cine")
    option = box.locator("xpath=../ul").get_by_role("option").filter(has_text="Cine9").first
    expect(option).to_be_visible()
    option.evaluate("option => option.click()")  # without a press, as a screen reader does
    expect(chips).to_contain_text("Cine9")


def test_every_kind_of_column_has_a_field(opened, of_every_kind):
    with served(of_every_kind) as address:
        page = opened(address)
        settled(page)
        typed = {"overview": "A story of horror", "title": "Film 7", "runtime": "95", "year": "1990"}
        for column, cell in typed.items():
            page.get_by_role("textbox", name=column).fill(cell)
        for name in ("Ann Ames", "Bo Li"):
            choose(page.get_by_role("combobox", name="lead"), name, name)
        choose(page.get_by_role("combobox", name="company"), "ac", "Acme")
        settled(page)
        expect(page.get_by_role("group", name="lead").locator(".chip")).to_contain_text(["Bo Li"])
        expect(page.locator(".edits")).to_contain_text("overview: A story of horror")
        film = {**typed, "runtime": 95, "year": 1990, "lead": ["Bo Li"], "company": "Acme"}
        answer = page.request.post(f"{address}/predict", data={"films": [film]}).json()["predictions"][0]
        assert number(page.locator(".result .prediction").inner_text()) == round(Decimal(answer["prediction"]), 2)


def test_what_cannot_be_read_is_said_beside_its_field(opened):
    page = opened()
    year = page.get_by_role("textbox", name="year")
    year.fill("soon")
    settled(page)
    expect(page.get_by_role("group", name="year").locator(".problem")).to_contain_text("must hold numbers")
    expect(year).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".line")).to_be_hidden()
    year.fill("1999")
    settled(page)
    expect(page.locator("main .problem")).to_have_count(0)
    expect(year).to_have_attribute("aria-invalid", "false")


def test_names_that_would_act_are_shown_and_inert(opened):
    page = opened()
    open_film(page, "Evil")
    choose(page.get_by_role("combobox", name="director"), "img", EVIL)
    settled(page)
    assert EVIL in page.locator(".title").inner_text()
    assert EVIL in page.locator(".fields").inner_text()
    assert page.locator("main img").count() == 0


def test_of_several_answers_that_to_the_last_edit_counts(opened):
    page = opened()
    settled(page)
    held, failed = [], []
    page.on("requestfailed", lambda request: failed.append(request.post_data_json["edits"][0]["value"]))
    page.route("**/what-if", lambda route: route.continue_() if held else held.append(route))
    year = page.get_by_role("textbox", name="year")
    with page.expect_request("**/what-if"):
        year.fill("1970")
    year.fill("2010")
    settled(page)
    assert failed == [1970]
    text = page.locator(".waterfall").inner_text()
    assert "2010" in text
    assert "1970" not in text
