import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenlight_films.datamodules.tables.number_text import read_number


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("US$2,100.00", 2100, "USD"), ("9,100.5 USD", 9100.5, "USD"), ("R$ 10.5", 10.5, "BRL"), ("CA$5", 5, "CAD"),
        ("NT$ 12", 12, "TWD"), ("Rs. 3.5 crore", 35e6, "INR"), ("£4.5m", 4.5e6, "GBP"), ("15 Mio. €", 15e6, "EUR"),
        ("1.2億円", 120e6, "JPY"), ("EUR 5 million", 5e6, "EUR"), ("5 million euros", 5e6, "EUR"),
        ("SEK 12", 12, "SEK"), ("230 screens", 230, ""), ("1.2 million admissions", 1.2e6, ""),
        ("1.2万人评价", 12_000, ""),
        ("$40 mil", 40e6, "USD"), ("2.5 bn", 2.5e9, ""), ("3 lakh", 300_000, ""), ("900K", 900_000, ""),
        ("98 min.", 98, "min"), ("123′", 123, "min"), ("2 h 22", 142, "min"), ("1 Std. 36 Min.", 96, "min"),
        ("1.5 hours", 90, "min"), ("PT1H50M30S", 110.5, "min"), ("3:01:15", 181.25, "min"), ("1:36 h", 96, "min"),
        ("1 hour and 36 minutes", 96, "min"), ("30 s", 0.5, "min"), ("30 Sek.", 0.5, "min"),
        ("96 minutos", 96, "min"), ("2 hrs", 120, "min"),
        ("7.5 %", 7.5, "%"), ("12 percent", 12, "%"), ("8.1/10", 8.1, "of 10"), ("4 out of 5", 4, "of 5"),
        ("(3.4)", -3.4, ""), ("−7.25", -7.25, ""), ("($2.0)", -2, "USD"), ("-$4.5", -4.5, "USD"), ("3.4-", -3.4, ""),
        ("880**", 880, ""), ("1.5[note 3]", 1.5, ""), ("1015¹", 1015, ""), ("7†", 7, ""), ("1.5×10⁶", 1.5e6, ""),
        ("$18.5 (est.)", 18.5, "USD"), ("approx. $60", 60, "USD"), ("~60", 60, ""), ("60 (geschätzt)", 60, ""),
        ("٩٨٫٥", 98.5, ""), ("१२", 12, ""), ("７．５", 7.5, ""), ("1.5E+07", 15e6, ""), ("1'200.-", 1200, ""),
        ("12,34,567.5/-", 1234567.5, ""), ("5.5 (USD)", 5.5, "USD"), ("5.5 MSEK", 5.5e6, "SEK"),
        ("0 days 01:36:00", 96, "min"), ("usd 7.5", 7.5, "USD"), ("7.5 Euro", 7.5, "EUR"),
        ("₹ 1.5 lakh crore", 1.5e12, "INR"), ("1時間36分", 96, "min"), ("(est.) $5.5", 5.5, "USD"),
        ("5.5 (note 3)", 5.5, ""),
        ("5億4937万円", 549_370_000, "JPY"), ("1억 6036만 원", 160_360_000, "KRW"), ("5億4千万円", 540e6, "JPY"),
        ("1万5千人", 15_000, ""), ("₹1 crore 25 lakh", 12.5e6, "INR"), ("3億5000", 300_005_000, ""),
        ("220千円", 220_000, "JPY"), ("5 करोड़", 50e6, ""), ("12 milyon TL", 12e6, "TRY"), ("3 bin TL", 3000, "TRY"),
        ("220 tys. zł", 220_000, "PLN"), ("220 mil euros", 220_000, "EUR"), ("R$ 220 mil", 220_000, "BRL"),
        ("2 mil. Kč", 2e6, "CZK"), ("3 millions d'euros", 3e6, "EUR"), ("30 millones de dólares", 30e6, "USD"),
        ("2 mil millones de euros", 2e9, "EUR"), ("1.5 миллиарда рублей", 1.5e9, "RUB"), ("%82.5", 82.5, "%"),
        ("1 saat 33 dakika", 93, "min"), ("1 godz. 36 min.", 96, "min"), ("1 giờ 36 phút", 96, "min"),
        ("★★½", 2.5, ""), ("★★★☆☆", 3, ""), ("½☆", 0.5, ""), ("⭐️⭐️", 2, ""), ("4★", 4, ""), ("3½ stars", 3.5, ""),
        ("8.1/10.0", 8.1, "of 10"), ("\u200b12\u00a0", 12, ""),
    ],
)  # fmt: skip
def test_a_number_is_read_with_its_unit(text, value, unit):
    reading = read_number(text)
    assert reading.point == pytest.approx(value, rel=1e-12)
    assert reading.unit == unit


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "$", "88O", "1I50", "about 2 million", "12 34", "1_000", "0x10", "inf", "2001-02-03",
        "25.12.2009", "1-2",
        ">5", "1,234,56", "1,2,3", "1.234.56", "1:75", "2h75", "98 min (1h38)", "40 mil €", "$5 CAD", "½", "12 km",
        "(5",
        "2 mil. eur", "1.2 mil", "3億5万7億", "5万3億", "%5%", "★ favourite", "2011年", "%5 $", "5億 $3 €",
        "tba (see notes)", "5" * 81, "Top 5", "5 kg", "5 min 3 h", "11/10",
    ],
)  # fmt: skip
def test_what_is_no_number_is_not_guessed(text):
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1.234", 1.234, 1234), ("1,234", 1234, 1.234), ("0.812", 0.812, None), ("12.5", 12.5, None),
        ("1,5", None, 1.5),
        ("1234.567", 1234.567, None), ("1.234,5", None, 1234.5), ("1,234,567", 1234567, None),
        ("1 234,5", None, 1234.5), ("1,31 milioni di euro", None, 1.31e6), ("%82,5", None, 82.5),
        ("1,00,000", 100000, None), ("1.000.000", None, 1e6), ("1 234 567", 1234567, 1234567), ("12", 12, 12),
        ("1.234e5", 123400, None), ("3'456.50", 3456.5, None),
    ],
)  # fmt: skip
def test_both_decimal_marks_are_tried(text, point, comma):
    assert read_number(text)[:2] == (point, comma)


HABITS = {  # thousands, decimal mark
    "English": (",", "."), "German": (".", ","), "French": ("\u202f", ","), "Swiss": ("’", "."), "plain": ("", "."),
    "Arabic": ("٬", "٫"), "spaces": (" ", "."),
}  # fmt: skip


@given(
    value=st.floats(-1e12, 1e12).map(lambda value: round(value, 4)),
    habit=st.sampled_from(sorted(HABITS)),
    around=st.sampled_from(["{}", " {} ", "{}[2]", "{} (estimated)", "€{}", "{} EUR", "{}*"]),
)
def test_a_number_written_in_any_habit_is_read_back(value, habit, around):
    thousands, decimal = HABITS[habit]
    english = f"{value:,.4f}"
    written = english.replace(",", "\0").replace(".", decimal).replace("\0", thousands)
    reading = read_number(around.format(written))
    assert (reading.comma if decimal == "," else reading.point) == pytest.approx(value, rel=1e-12)
