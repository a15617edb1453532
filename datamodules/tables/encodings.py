"""The encoding of a text: those in use are tried, and judged by whether the result looks like language."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, getincrementaldecoder, lookup
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from unicodedata import category

import numpy as np

MARKS = {BOM_UTF8: "utf-8-sig", **dict.fromkeys((BOM_UTF32_LE, BOM_UTF32_BE), "utf-32")}
MARKS |= dict.fromkeys((BOM_UTF16_LE, BOM_UTF16_BE), "utf-16")  # last, for that of UTF-32 begins so, too
SINGLE_BYTE = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp1255", "cp1256"),
    *("koi8-r", "cp866", "iso8859-2", "mac-roman", "cp850"),
)
MANY_BYTES = ("cp949", "cp932", "gb18030", "big5", "euc-jp")
SAME = {
    "euc_kr": "cp949", "gbk": "gb18030", "gb2312": "gb18030", "shift_jis": "cp932", "cp950": "big5",
    "big5hkscs": "big5", "euc_jp": "euc-jp", "utf-8-sig": "utf-8",
}  # fmt: skip
"""Encodings that hold the same letters at the same bytes, but for rare ones."""
LANGUAGES = (
    "éèàùâêîôûëïüÿçœæ", "äöüß", "áéíóúüñºª", "áâãàçéêíóôõúü", "àèéìíîòóùú", "åäöæøéü", "áðéíóúýþæö", "éëïóöüèê",
    "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "çğıöşüâîûİ",
    "āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž", "абвгдежзийклмнопрстуфхцчшщъыьэюяё", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'",
    "абвгдђежзијклљмнњопрстћуфхцчџшѓќѕ", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهويىپچژگ",
)  # fmt: skip
"""The letters beyond ASCII of languages that share an encoding: text is in one of them, line by line."""

TYPOGRAPHY = set("’‘“”„‚–—…«»€£°©®™½¼¾·•†×§¡¿\u00a0²³№‹›´\u200e\u200f")
TORN = re.compile(
    r"[^\W\d_](?:[^\w\s\x00-\x7f’‘´·–—]|¿|¡)[^\W\d_]"  # a symbol within a word
    r"|[A-Za-z][\u0370-\u06ff]|[\u0370-\u06ff][A-Za-z]"  # two scripts within a word
    r"|œ[^uidnsvt]|þ(?![a-záéíóúýæöð])"  # other languages' letters: `Kieœlowski`, `Kýþ`
)
"""What stands in no word: its letters are those of another encoding. Likewise capitals behind small letters."""

SAMPLE = 2**16  # bytes of lines that are not ASCII alone
GOOD = 0.9  # share of letters that look right in text of a known encoding
NONSENSE = 0.6  # likewise: below, no person has written it


@dataclass
class Survey:
    """What the bytes of a text show, seen once from beginning to end.

    Attributes:
        head: the first bytes.
        sample: lines with bytes beyond ASCII.
        bad: bytes that are no UTF-8.
        letters: how many bytes more than characters the valid UTF-8 has: one or more a character beyond ASCII.
        twice: whether there may be UTF-8 that was taken for another encoding and written again.
    """

    head: bytes = b""
    sample: bytes = b""
    bad: int = 0
    letters: int = 0
    twice: bool = False


def survey(chunks: Iterable[bytes]) -> Survey:
    """Look through a text's bytes; those in ASCII cost next to nothing."""
    result = Survey()
    decoder = getincrementaldecoder("utf-8")("surrogateescape")
    pending = False
    for chunk in chunks:
        result.head = result.head or chunk[:4096]
        if chunk.isascii() and not pending:
            continue
        text = decoder.decode(chunk)
        pending = bool(decoder.getstate()[0])
        _count(text, chunk, result)
        if len(result.sample) < SAMPLE:
            lines = (line for line in re.split(rb"[\r\n]+", chunk) if not line.isascii())
            result.sample += b"\n".join(line[:2000] for line in lines)[: SAMPLE - len(result.sample)] + b"\n"
    result.bad += len(decoder.decode(b"", final=True))
    return result


def _count(text: str, chunk: bytes, result: Survey) -> None:
    codes = np.frombuffer(chunk, np.uint8)
    second = codes[np.flatnonzero(codes[:-1] == TWICE_BYTES[0]) + 1]
    result.twice = result.twice or bool(np.isin(second, list(TWICE_BYTES[1:])).any())
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8 became surrogates
        result.bad += len(text) - len(text.encode("utf-8", "ignore").decode())
    result.letters += max(len(chunk) - len(text), 0)


def encoding_of(seen: Survey) -> str:
    """Return the encoding of a text.

    UTF-8 with few bad bytes stays UTF-8: another encoding would spoil all its other letters.
    """
    marked = next((name for mark, name in MARKS.items() if seen.head.startswith(mark)), None)
    if marked:
        return marked
    zeros = [seen.head[start::2].count(0) for start in (0, 1)]
    if sum(zeros) > len(seen.head) / 5 and min(zeros) < max(zeros) / 20:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    if not seen.bad or seen.letters > 2 * seen.bad:
        return "utf-8"
    return best_fit(seen.sample)


def best_fit(sample: bytes) -> str:
    """Return the encoding, of those in use beside UTF-8, in which bytes look most like language."""
    scores = {name: likeness(sample, name) for name in (*MANY_BYTES, *SINGLE_BYTE)}
    scores["cp1252"] += 0.02  # the most frequent
    for name, capitals in (("cp1251", "[А-Я]"), ("cp1253", "[Α-Ω]")):  # Hebrew, at the same bytes, has none
        scores[name] -= 0.05 * (not re.search(capitals, sample.decode(name, "replace")))
    return max(scores, key=lambda name: scores[name])


def other_encoding(seen: Survey, declared: str) -> str | None:
    """Return the encoding that a text is in, where in the declared one nearly every letter is nonsense."""
    fits, own = encoding_of(seen), lookup(declared).name
    own = SAME.get(own, own)
    if own == SAME.get(fits, fits) or fits[:6] == own[:6] == "utf-16" or not (seen.sample or fits.startswith("utf-")):
        return None
    if "\ufffd" in seen.sample.decode(own, "replace") and "\ufffd" not in seen.sample.decode(fits, "replace"):
        return fits
    if fits.startswith("utf-8"):
        return fits if seen.letters > 4 and likeness(seen.sample, own) < NONSENSE else None
    if fits.startswith("utf-"):
        return fits
    if re.search("[\x80-\x9f]", seen.sample.decode(own, "replace")):  # no text has these control characters
        return fits
    enough = sum(byte > 127 for byte in seen.sample) >= 12
    return fits if enough and likeness(seen.sample, own) < NONSENSE and likeness(seen.sample, fits) > GOOD else None


def likeness(sample: bytes, encoding: str) -> float:
    """Return the share, from 0 to 1, of characters beyond ASCII that look like language in an encoding."""
    good, total = 0.0, 0
    for line in sample.decode(encoding, "replace").split("\n"):
        beyond = [mark for mark in line if mark > "\x7f"]
        if beyond:
            total += len(beyond)
            is_asian = encoding in MANY_BYTES
            good += sum(_is_common(mark, encoding) for mark in beyond) if is_asian else _in_alphabet(line, beyond)
    return good / total if total else 1.0


def _in_alphabet(line: str, beyond: list[str]) -> float:
    letters = [mark.lower() for mark in beyond if mark.isalpha()]
    fitting = max(sum(letter in alphabet for letter in letters) for alphabet in LANGUAGES) if letters else 0
    marks = sum(mark in TYPOGRAPHY for mark in beyond if not mark.isalpha())
    torn = len(TORN.findall(line))
    torn += sum(last.isupper() and first.islower() and last > "\x7f" for first, last in pairwise(line))
    return max(fitting + marks - torn, 0)


@cache
def _is_common(mark: str, encoding: str) -> bool:
    """Tell whether a character is among those that text in an East Asian encoding mostly consists of."""
    if mark in "、。，．：；！？・ー「」『』（）《》〈〉【】…—～　·“”‘’":
        return True
    code = b""
    with suppress(UnicodeEncodeError):
        code = mark.encode(encoding)
    lead = code[0] if len(code) == 2 else 0
    kana = "\u3040" <= mark <= "\u30ff"
    if encoding == "cp949":
        return "\uac00" <= mark <= "\ud7a3" and 0xB0 <= lead <= 0xC8 and code[1] > 0xA0
    if encoding == "cp932":
        return kana or 0x88 <= lead <= 0x97 or category(mark) == "Nd"
    if encoding == "euc-jp":
        return kana or 0xB0 <= lead <= 0xCF
    if encoding == "big5":
        return 0xA4 <= lead <= 0xC6
    return 0xB0 <= lead <= 0xD7 and code[1] > 0xA0


def repaired(text: str) -> str | None:
    """Return what a text was before its UTF-8 was taken for cp1252 and written again; None where that is not so.

    >>> repaired("AmÃ©lie")
    'Amélie'
    """
    with suppress(UnicodeError):
        code = b"".join(_cp1252(mark) for mark in text)
        once = code.decode("utf-8")
        return None if once == text else once
    return None


def _cp1252(mark: str) -> bytes:
    with suppress(UnicodeEncodeError):
        return mark.encode("cp1252")
    return mark.encode("latin-1")  # bytes that cp1252 leaves open


TWICE = "[ÂÃÄÅÐÑâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
"""What UTF-8 looks like, taken for cp1252."""

TWICE_BYTES = b"\xc3\x82\x83\x84\x85\x90\x91\xa2"  # the first byte of such letters in UTF-8, and their second ones
