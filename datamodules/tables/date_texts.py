"""The parts of a date as people write it: in numbers, or with a month in words, with a time or a country behind it."""

import re
from typing import NamedTuple

from greenlight_films.datamodules.tables.month_names import MONTHS, OTHER_WORDS, without_accents


class DateParts(NamedTuple):
    """The numbers of a date.

    Attributes:
        year: as written, of two digits where `short`.
        month: 0 where only a year is known.
        day: 0 where only a month is known.
        short: the year has two digits.
        either: month and day stand in numbers beside each other, and could be day and month.
        span: the first date of several, such as `2009–2013`.
    """

    year: int
    month: int = 0
    day: int = 0
    short: bool = False
    either: bool = False
    span: bool = False


FOOTNOTE = re.compile(r"[*†‡§¹²³⁰⁴-⁹]+$")
REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")  # `(United States)`, `[2]`
TIME = re.compile(
    r"(?:(?<=\d)t|[\s,]+(?:at\s+)?)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*[ap]\.?\s?m\b\.?)?"
    r"(?:\s*(?:z|utc|gmt|ces?t|[ecmp][sd]t|[+-]\d{2}:?\d{2}))?(?=\s|$)"
)
BASIC_TIME = re.compile(r"(?<=^\d{8})t\d{4,6}(?:[.,]\d+)?(?:z|[+-]\d{2}:?\d{2})?$")
EAST_ASIAN_YEAR = re.compile(r"(?<=\d)\s*[年년](?!\s*\d)")  # behind a year alone, as in `2020年`
EAST_ASIAN = str.maketrans({**dict.fromkeys("年月년월", "-"), "日": None, "일": None})
OPEN_END = r"present|now|today|heute|hoy|presente|auj\.?|\?+|\.{2,3}|…"
YEARS = re.compile(
    rf"(\d{{4}})\s*(?:[–—−]\s*(?:\d{{4}}|\d\d|{OPEN_END})?|[-/]\s*(?:\d{{4}}|1[3-9]|[2-9]\d|{OPEN_END})?)"
)
BETWEEN = re.compile(r"(?<=-\d\d)/(?=\d{4}-)|\s*[–—−]\s*|\s+(?:-|to|until|bis|au|al)\s+")
MARK = r"\s*[-/.\s]\s*"  # between numbers
YEAR_FIRST = re.compile(rf"(\d{{4}}){MARK}(\d\d?)(?:{MARK}(\d\d?))?\.?-?")
YEAR_LAST = re.compile(rf"(\d\d?){MARK}(?:(\d\d?){MARK})?['’]?(\d{{4}})\.?")
SHORT_YEAR = re.compile(rf"(\d\d?){MARK}(\d\d?){MARK}['’]?(\d\d)")
RUN_TOGETHER = re.compile(r"((?:18|19|20)\d\d)(0\d|1[0-2])([0-3]\d)")
RUN_TOGETHER_YEAR_LAST = re.compile(r"(\d\d)(\d\d)((?:18|19|20)\d\d)")
YEAR_ALONE = re.compile(r"(?:c\.?a?\.?|circa|~)?\s*(\d{4})[.?-]?")
TOKEN = re.compile(r"\d+|[^\W\d_]+|\S")
MIXED = re.compile(r"/.*[.-].*\d|[.-].*/")  # marks of two sorts part the numbers of no date: 8.7/10 is a rating
SIGNS = set(".,-/'’")  # between the parts of a date in words
MONTH_AND_SHORT_YEAR = re.compile(r"[^\W\d_]+\.?(?:\s*-\s*|\s*['’])(\d\d)|[^\W\d_]+\.?\s+(3[2-9]|[4-9]\d)")


def date_in(text: str) -> DateParts | None:
    """Return the parts of the date in a text; None where it is none.

    They need not be a day of the calendar: `31/02/2010` has parts, too.

    >>> date_in("June 13, 1980 (United States)")
    DateParts(year=1980, month=6, day=13, short=False, either=False, span=False)
    >>> date_in("juin 1994").month, date_in("2009–2013").span, date_in("03/04/2011").either
    (6, True, True)
    """
    plain = EAST_ASIAN_YEAR.sub("", without_accents(FOOTNOTE.sub("", text))).translate(EAST_ASIAN)
    plain = REMARK.sub(" ", plain).strip(" ,;") or plain.strip("()[] ")
    plain = TIME.sub(" ", BASIC_TIME.sub("", plain)).strip()
    first, _, others = plain.partition(" ")
    if first.strip(".,") in OTHER_WORDS:  # `Monday, 3.10.1988`
        plain = others.strip()
    if years := YEARS.fullmatch(plain):
        return DateParts(int(years[1]), span=True)
    if date := _single(re.sub("[–—−]", "-", plain)):
        return date
    ends = [_single(end) for end in BETWEEN.split(plain)]
    return ends[0]._replace(span=True) if len(ends) == 2 and ends[0] and ends[1] else None


def _single(plain: str) -> DateParts | None:
    return _in_numbers(plain) or _in_words(plain)


def _in_numbers(plain: str) -> DateParts | None:
    if MIXED.search(plain):
        return None
    if match := YEAR_ALONE.fullmatch(plain):
        return DateParts(int(match[1]))
    if match := YEAR_FIRST.fullmatch(plain):
        return DateParts(int(match[1]), int(match[2]), int(match[3] or 0))
    if match := YEAR_LAST.fullmatch(plain):
        first, second, year = match.groups()
        return (
            DateParts(int(year), int(first), int(second), either=True) if second else DateParts(int(year), int(first))
        )
    if match := SHORT_YEAR.fullmatch(plain):
        return DateParts(int(match[3]), int(match[1]), int(match[2]), short=True, either=True)
    if match := RUN_TOGETHER.fullmatch(plain):
        return DateParts(int(match[1]), int(match[2]), int(match[3]))
    if match := RUN_TOGETHER_YEAR_LAST.fullmatch(plain):
        return DateParts(int(match[3]), int(match[1]), int(match[2]), either=True)
    return None


def _in_words(plain: str) -> DateParts | None:
    tokens = TOKEN.findall(plain)
    numbers = [token for token in tokens if token.isdecimal()]
    words = [token for token in tokens if not token.isdecimal() and token not in SIGNS]
    months = [MONTHS[word] for word in words if word in MONTHS and word not in OTHER_WORDS]
    if len(months) != 1 or any(word not in MONTHS and word not in OTHER_WORDS for word in words):
        return None
    years = [number for number in numbers if len(number) == 4]
    others = [int(number) for number in numbers if len(number) <= 2]
    if len(years) + len(others) < len(numbers) or len(years) > 1:
        return None
    if years and len(others) < 2:
        return DateParts(int(years[0]), months[0], others[0] if others else 0)
    if not years and len(others) == 2:
        day, year = others if others[0] <= 31 else reversed(others)
        return DateParts(year, months[0], day, short=True)
    if not years and len(others) == 1 and (match := MONTH_AND_SHORT_YEAR.fullmatch(plain)):
        return DateParts(int(match[1] or match[2]), months[0], short=True)
    return None
