"""A text as a number: digits with the marks of any habit, and what stands beside them."""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from greenlight_films.datamodules.tables.units import (
    COUNTED,
    CURRENCY,
    HOURS,
    MILLION_IS_MIL,
    MINUTES,
    PERCENT,
    POWERS,
    SECONDS,
    STEPS,
    THOUSAND_IS_MIL,
    any_of,
    currency,
)


class Reading(NamedTuple):
    """What a text is as a number.

    Attributes:
        point: its value where the decimal mark is a point; None: it can't be read so.
        comma: its value where the decimal mark is a comma.
        unit: an ISO code, `%`, `min`, `of 10`; `m`, `M`, `mn`: minutes or millions; `s`: seconds or a decade;
            `h:mm`: or minutes, seconds; empty.
        scaled: whether it has a word such as thousand.
    """

    point: float | None
    comma: float | None
    unit: str = ""
    scaled: bool = False


DECIMAL = "٫"  # the Arabic mark, which is no other
GROUPED = {
    "'": re.compile(r"\d{1,3}(?:'\d{3})+"),
    " ": re.compile(r"\d{1,3}(?: \d{3})+"),
    ".": re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+"),
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}"),  # also Indian, 1,23,45,678
}

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
REMARK = (
    r"(?-i:(?!CA\b))(?:estimated|estimate|est|approximately|approx|circa|ca|reported|unconfirmed|preliminary"
    r"|provisional|unofficial|geschätzt|geschaetzt|ungefähr|estimée?|environ|env|estimad[oa]|aprox|stimat[oa])\b"
)
BEFORE = re.compile(rf"^(?:\({REMARK}\.?\)\s*|{REMARK}(?:[.:]\s*|\s)|c\.\s*|[~≈#]\s*)(?=\S)", re.IGNORECASE)
BEHIND = re.compile(
    rf"(?:\s*\[[^\[\]]{{1,20}}\]|\s*[*†‡§¶#]|\s*\((?:note|fn)\.? ?\d*\)"
    rf"|\s*[{SUPERSCRIPTS}ᵃ-ᵡ]|\s*\({REMARK}\.?\)|,?\s+{REMARK}\.?)+$",
    re.IGNORECASE,
)
COUNTED_BEHIND = re.compile(
    rf"(?<=[\d万萬億亿만억千천kKmM])\s*(?:{COUNTED})$|(?<=[a-z.]) (?:{COUNTED})$", re.IGNORECASE
)
SPACES = re.compile(r"\s+")
TRANSLATED = str.maketrans({
    **dict.fromkeys("−–—‐‑‒﹣", "-"), **dict.fromkeys("’‘ʼ´`٬＇", "'"), "٪": "%", "،": ",", "”": '"', "“": '"',
})  # fmt: skip

NUMERAL = rf"(?:\d(?:[\d.,{DECIMAL}' ]*[\d.,])?|[.,{DECIMAL}]\d+)"
SCALE = rf"(?:{any_of([*POWERS, 'm', 'mil'])})(?:(?![a-zà-ÿ])|(?=[A-Z]{{3}}\b))"  # 5 k, 5 kUSD, but no 5 kg
NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s*(?P<leading>%)?\s*(?P<before>{CURRENCY})?\s*(?P<inner>[-+]?)\s*(?P<numeral>{NUMERAL})"
    rf"(?:(?:e|\s*[x×]\s*10\^?)(?P<exponent>[-+]?\d{{1,3}}))?"
    rf"\s*(?:(?P<scale>{SCALE})\.?(?:\s+(?:di|de|d')(?=\s*{CURRENCY}))?)?\s*(?P<behind>{CURRENCY})?\s*(?:(?P<last>{SCALE})\.?)?"
    rf"\s*(?P<percent>{any_of(PERCENT)})?(?P<minus>-?)",
    re.IGNORECASE,
)
SEVERAL = re.compile(r"\d\s*[^\W\d_]+\s*\d")
STEP = rf"{NUMERAL}\s*(?:{any_of(STEPS)})\s*"
EACH_STEP = re.compile(rf"(?P<numeral>{NUMERAL})\s*(?P<scale>{any_of(STEPS)})?", re.IGNORECASE)
STARS = re.compile(r"(?=.*[★⭐☆])(?P<whole>[★⭐]*)(?P<half>½?)[☆✩]*")
FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
IN_PARENTHESES = re.compile(rf"\s*\(({CURRENCY})\)$", re.IGNORECASE)
OUT_OF = re.compile(
    rf"(?P<numeral>{NUMERAL})\s*(?:/|of|out of|von|sur|de)\s*(?P<scale>\d{{1,4}})(?:[.,]0+)?(?: stars?| points?)?"
)
ISO_DURATION = re.compile(r"P(?:(\d+)D)?T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?")
CLOCK = re.compile(
    rf"(?:(\d+) days? )?(\d{{1,3}}):([0-5]\d)(?::([0-5]\d(?:[.,]\d+)?))?\s*({HOURS}|{MINUTES})?\.?", re.IGNORECASE
)
AND = r"\s*(?:,|and|und|et|y|e)?\s*"
DURATION = re.compile(
    rf"(?:(?P<hours>{NUMERAL})\s*(?:{HOURS})\.?)?{AND}(?:(?P<minutes>{NUMERAL})\s*(?:{MINUTES})\.?)?{AND}"
    rf"(?:(?P<seconds>{NUMERAL})\s*(?:{SECONDS})\.?)?",
    re.IGNORECASE,
)
HOURS_AND_BARE = re.compile(rf"(?P<hours>\d+)\s*(?:{HOURS})\.?{AND}(?P<minutes>[0-5]?\d)(?P<seconds>)", re.IGNORECASE)
LONE_S = re.compile(r"(\d+)'?s", re.IGNORECASE)  # seconds, or the years from 1980 or '80
LONE_M = re.compile(rf"[-+]?{NUMERAL} ?mn?\.?", re.IGNORECASE)  # minutes or millions
LONGEST = 80  # characters of a number with all that stands beside it


def read_number(text: str) -> Reading | None:
    """Return what a text is as a number, or None where it is none.

    >>> read_number("$1,234.50"), read_number("1.234"), read_number("2h22")
    (Reading(point=1234.5, comma=None, unit='USD', scaled=False), \
Reading(point=1.234, comma=1234.0, unit='', scaled=False), Reading(point=142.0, comma=142.0, unit='min', scaled=False))
    """
    if len(text) > LONGEST:
        return None
    if not text.isascii() and (stars := _stars(text.strip())):
        return stars
    plain = _plain(text)
    if not any(map(str.isdigit, plain)):
        return None
    negative, plain = _without_parentheses(plain)
    readers = (
        (_number, _out_of, _duration, _mixed) if plain[-1:].isdigit() else (_duration, _number, _out_of, _mixed)
    )  # for speed alone
    reading = next(filter(None, (reader(plain) for reader in readers)), None)
    if not reading or not negative:
        return reading
    if plain.startswith(("-", "+")):
        return None
    point, comma = (None if value is None else -value for value in reading[:2])
    return Reading(point, comma, reading.unit, reading.scaled)


def _plain(text: str) -> str:
    """Return a text with plain digits, signs and spaces, without footnotes and remarks."""
    if text.isascii():
        plain = text.strip()
    else:
        visible = "".join(character for character in text if unicodedata.category(character) != "Cf").strip()
        powers = re.sub(rf"(?<=10)[⁺⁻]?[{SUPERSCRIPTS}]+$", lambda match: f"^{match[0]}", visible)
        plain = powers if "^" in powers else BEHIND.sub("", visible)
        plain = re.sub(r"(?<=\d)[½¼¾](?!\d)", lambda match: FRACTIONS[match[0]], plain)
        plain = unicodedata.normalize("NFKC", plain).translate(TRANSLATED)
        plain = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in plain)
    plain = BEFORE.sub("", BEHIND.sub("", SPACES.sub(" ", plain)))
    plain = IN_PARENTHESES.sub(r" \1", COUNTED_BEHIND.sub("", plain.strip()))
    return re.sub(r"(?:[.,]-+|/-)$", "", plain)  # 1'200.- and 1,200/- are prices


def _without_parentheses(text: str) -> tuple[bool, str]:
    """Return whether a number is negative because it stands in parentheses, and the number without them."""
    match = re.fullmatch(r"([^\d(]*)\(([^()]+)\)(%?)", text)
    return (True, f"{match[1]}{match[2]}{match[3]}".strip()) if match else (False, text)


def _if_any(reading: Reading) -> Reading | None:
    """Return a reading that has a value under one decimal mark at least."""
    return None if reading.point is None and reading.comma is None else reading


def _stars(text: str) -> Reading | None:
    """Return how many stars a text shows; `★★½☆☆` are 2.5."""
    match = STARS.fullmatch(text.replace("\ufe0f", ""))
    if not match:
        return None
    value = len(match["whole"]) + 0.5 * len(match["half"])
    return Reading(value, value)


@cache
def _in_steps() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<before>{CURRENCY})?\s*(?P<steps>(?:{STEP}){{2,}}(?:{NUMERAL})?|{STEP}{NUMERAL})\s*"
        rf"(?P<behind>{CURRENCY})?",
        re.IGNORECASE,
    )


def _mixed(text: str) -> Reading | None:
    """Return a number written in steps that grow smaller, as 5億4937万円."""
    match = _in_steps().fullmatch(text) if SEVERAL.search(text) else None
    if not match:
        return None
    names = {currency(match[name]) for name in ("before", "behind") if match[name]}
    steps = [(step["numeral"], _power(step["scale"] or "", "") or 0) for step in EACH_STEP.finditer(match["steps"])]
    powers = [power for _, power in steps]
    if len(names) > 1 or sorted(set(powers), reverse=True) != powers:
        return None
    sides = zip(*(_values(numeral.strip(), "", power) for numeral, power in steps), strict=True)
    point, comma = (None if None in side else sum(side) for side in sides)
    return _if_any(Reading(point, comma, "".join(names), True))


def _number(text: str) -> Reading | None:
    match = NUMBER.fullmatch(text)
    if not match:
        return None
    parts = match.groupdict()
    if sum(bool(parts[name]) for name in ("sign", "inner", "minus")) > 1 or (parts["scale"] and parts["last"]):
        return None
    names = {currency(parts[name]) for name in ("before", "behind") if parts[name]}
    in_percent = bool(parts["percent"]) + bool(parts["leading"])
    if len(names) + in_percent > 1:
        return None
    unit = "%" if in_percent else "".join(names)
    scale = parts["scale"] or parts["last"] or ""
    power = _power(scale, unit, parts["behind"] or "")
    if power is None:
        return None
    if scale.casefold() in ("m", "mn") and not unit:
        unit, power = "mn" if len(scale) > 1 else scale, 0
    exponent = int(parts["exponent"] or 0)
    sign = "-" if "-" in (parts["sign"], parts["inner"], parts["minus"]) else ""
    point, comma = _values(parts["numeral"], sign, exponent + power, grouped=not parts["exponent"])
    return _if_any(Reading(point, comma, unit, power > 0))


def _power(scale: str, unit: str, name: str = "") -> int | None:
    """Return the power of ten that a word stands for; None where that isn't known."""
    word = scale.casefold()
    if word == "mil":
        if {unit, name.casefold()} & THOUSAND_IS_MIL:
            return 3
        return 6 if unit in MILLION_IS_MIL else None
    return POWERS.get(word, 6 if word == "m" else 0)


def _values(numeral: str, sign: str = "", exponent: int = 0, grouped: bool = True) -> tuple[float | None, float | None]:
    """Return the values of digits with marks, where the decimal mark is a point, and where it is a comma."""
    if DECIMAL in numeral:
        value = _value(numeral, DECIMAL, "',", sign, exponent)
        return value, value
    thousands = (",' ", ".' ") if grouped else ("", "")
    point, comma = (_value(numeral, mark, marks, sign, exponent) for mark, marks in zip(".,", thousands, strict=True))
    return point, comma


def _value(numeral: str, decimal: str, thousands: str, sign: str, exponent: int) -> float | None:
    whole, _, fraction = numeral.partition(decimal)
    if not whole.isdigit() and whole:
        mark = next((mark for mark in thousands if mark in whole), None)
        if mark is None or not GROUPED[mark].fullmatch(whole):
            return None
        whole = whole.replace(mark, "")
    if fraction and not fraction.isdigit():
        return None
    return float(f"{sign}{whole or 0}.{fraction or 0}e{exponent}")


def _out_of(text: str) -> Reading | None:
    match = OUT_OF.fullmatch(text)
    if not match:
        return None
    scale = int(match["scale"])
    point, comma = (None if value is None or value > scale else value for value in _values(match["numeral"]))
    return _if_any(Reading(point, comma, f"of {scale}"))


def _duration(text: str) -> Reading | None:
    """Return a text with a unit of time, or with colons, in minutes."""
    if match := ISO_DURATION.fullmatch(text):
        parts = [float((part or "0").replace(",", ".")) for part in match.groups()]
        return _minutes(parts[0] * 86400 + parts[1] * 3600 + parts[2] * 60 + parts[3]) if any(match.groups()) else None
    if match := CLOCK.fullmatch(text):
        return _clock(match)
    if match := LONE_S.fullmatch(text):
        return Reading(float(match[1]), float(match[1]), "s")
    match = DURATION.fullmatch(text) or HOURS_AND_BARE.fullmatch(text)
    if not match or LONE_M.fullmatch(text):
        return None
    hours, minutes, seconds = match["hours"], match["minutes"], match["seconds"]
    if not seconds and not (hours and minutes):
        point, comma = (value and value * (60 if hours else 1) for value in _values(hours or minutes))
        return _if_any(Reading(point, comma, "min"))
    sizes = [_smallest(part or "0") for part in (hours, minutes, seconds)]
    if any(size is None for size in sizes) or (hours and (sizes[1] or 0) >= 60):
        return None
    return _minutes(sum((size or 0) * unit for size, unit in zip(sizes, (3600, 60, 1), strict=True)))


def _smallest(numeral: str) -> float | None:
    """Return the value of a part of a duration, of which there are no thousands."""
    return min((value for value in _values(numeral) if value is not None), default=None)


def _clock(match: re.Match[str]) -> Reading | None:
    days, first, second, third, unit = match.groups()
    if third:
        return _minutes(int(days or 0) * 86400 + int(first) * 3600 + int(second) * 60 + float(third.replace(",", ".")))
    if days:
        return None
    if unit is None:
        minutes = float(int(first) * 60 + int(second))
        return Reading(minutes, minutes, "h:mm")
    in_hours = re.fullmatch(HOURS, unit, re.IGNORECASE)
    return _minutes((int(first) * 60 + int(second)) * (60 if in_hours else 1))


def _minutes(seconds: float) -> Reading:
    return Reading(seconds / 60, seconds / 60, "min")
