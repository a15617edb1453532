import pytest

from greenlight_films.datamodules.tables.date_texts import DateParts, date_in


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1994", (1994,)), ("(1994)", (1994,)), ("c. 1927", (1927,)), ("1987-00-00", (1987,)),
        ("1991-06-00", (1991, 6)),
        ("2014/5/1", (2014, 5, 1)), ("1994-06", (1994, 6)), ("6/1994", (1994, 6)), ("06.1994", (1994, 6)),
        ("20140501T223000Z", (2014, 5, 1)), ("2014-05-01T22:30:00+02:00", (2014, 5, 1)), ("2014年5月1日", (2014, 5, 1)),
        ("June 1994", (1994, 6)), ("Sept. 2003", (2003, 9)), ("June 3, 1980", (1980, 6, 3)),
        ("3rd October 1988", (1988, 10, 3)), ("Fri, 13 Jun 1980 10:00:00 GMT", (1980, 6, 13)),
        ("Thu Jun 12 10:00:00 1994", (1994, 6, 12)), ("June 13, 1980 (United States)", (1980, 6, 13)),
        ("12 June 1994 10:30 PM", (1994, 6, 12)), ("12 June 1994[3]", (1994, 6, 12)), ("1994¹", (1994,)),
        ("Mo, 1988-10-03", (1988, 10, 3)),
        ("1er mars 2001", (2001, 3, 1)), ("3 déc. 1987", (1987, 12, 3)), ("mercredi 12 août 1998", (1998, 8, 12)),
        ("24. Dez. 2004", (2004, 12, 24)),
        ("12 de agosto de 1998", (1998, 8, 12)), ("enero de 1979", (1979, 1)),
        ("1º de maio de 1999", (1999, 5, 1)), ("13-giu-1980", (1980, 6, 13)), ("8 maart 2001", (2001, 3, 8)),
        ("3 декабря 1987 г.", (1987, 12, 3)), ("1994. június 12.", (1994, 6, 12)), ("12.VIII.1968", (1968, 8, 12)),
        ("１２ août １９９８", (1998, 8, 12)),
        ("4 Mayıs 1995", (1995, 5, 4)), ("4 KASIM 1995", (1995, 11, 4)), ("12 Aralık 2011 Cuma", (2011, 12, 12)),
        ("3 Ağu 2004", (2004, 8, 3)),
        ("2020年", (2020,)), ("2020 年（日本）", (2020,)), ("2020年5月", (2020, 5)), ("2020년", (2020,)),
        ("2020년 5월 3일", (2020, 5, 3)),
    ],
)  # fmt: skip
def test_a_date_is_read_as_precise_as_it_is_written(text, parts):
    assert date_in(text) == DateParts(*parts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("03/04/2011", (2011, 3, 4, False)), ("9. 8. 1987", (1987, 9, 8, False)), ("7-7-2003", (2003, 7, 7, False)),
        ("03/04/2011 10:00 PM", (2011, 3, 4, False)), ("12/08/68", (68, 12, 8, True)),
        ("25122009", (2009, 25, 12, False)),
    ],
)  # fmt: skip
def test_of_two_numbers_either_may_be_the_day(text, parts):
    assert date_in(text) == DateParts(*parts, either=True)


@pytest.mark.parametrize(
    ("text", "parts"), [("12-Aug-68", (68, 8, 12)), ("Aug-68", (68, 8)), ("2 June, '94", (94, 6, 2))]
)
def test_a_year_of_two_digits_stays_so(text, parts):
    assert date_in(text) == DateParts(*parts, short=True)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2009–2013", (2009,)), ("2009-2013", (2009,)), ("2009–13", (2009,)), ("1998/99", (1998,)), ("2011–", (2011,)),
        ("1994 - present", (1994,)), ("2009-05-01/2009-06-01", (2009, 5, 1)),
        ("May 1, 2009 – June 1, 2013", (2009, 5, 1)),
        ("1994-06-12 – 1995-01-02", (1994, 6, 12)), ("2011年–2014年", (2011,)), ("2011年-2014年", (2011,)),
        ("2011年-", (2011,)),
    ],
)  # fmt: skip
def test_of_a_span_the_first_date_counts(text, parts):
    assert date_in(text) == DateParts(*parts, span=True)


@pytest.mark.parametrize(
    "text",
    [
        "May", "12-Aug", "Aug 12", "1990s", "1,234", "7.4", "1999-12-319", "1999-12-31x", "1999-12-31-1",
        "1999-12-31 or so", "Friday the 13th", "The 39 Steps", "2001: A Space Odyssey", "10 to 12 June 1990",
        "", "(", "–",
        "8.7/10", "8.7/100", "10.0/10", "7.5 / 10", "8/7.10", "8.7/1000", "8-7/10", "2001.5/10",
        "12 août 1998 à Paris", "May June 1994", "1994 June 1995", "١٢",
    ],
)  # fmt: skip
def test_what_only_begins_like_a_date_or_lacks_a_year_is_none(text):
    assert date_in(text) is None
