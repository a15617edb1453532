"""What stands beside numbers in cells: currencies, words for thousands and millions, units of time."""

import re
from collections.abc import Iterable
from unicodedata import normalize

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF
IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES
VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL ATS BEF DEM ESP FIM FRF GRD IEP ITL LUF NLG PTE SIT SKK
"""
CURRENCY_CODES = frozenset(_CODES.split())
"""ISO 4217, with the currencies that the euro has replaced."""

CURRENCY_NAMES = {
    "$": "USD", "US$": "USD", "us$": "USD", "usd": "USD", "U.S.$": "USD", "US $": "USD", "U.S. $": "USD",
    "USD$": "USD", "$US": "USD",
    "dollars": "USD", "dollar": "USD", "US dollars": "USD", "U.S. dollars": "USD",
    "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "CAN$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD",
    "NT$": "TWD", "NTD": "TWD", "MX$": "MXN", "Mex$": "MXN", "R$": "BRL", "AR$": "ARS", "CLP$": "CLP", "COL$": "COP",
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "gbp": "GBP", "GB£": "GBP", "UK£": "GBP",
    "pounds": "GBP", "ir£": "IEP",
    "¥": "JPY", "JP¥": "JPY", "円": "JPY", "yen": "JPY", "CN¥": "CNY", "RMB": "CNY", "元": "CNY", "yuan": "CNY",
    "₹": "INR", "rs": "INR", "rs.": "INR", "inr": "INR", "₨": "INR", "rupees": "INR", "₩": "KRW", "원": "KRW",
    "won": "KRW",
    "₽": "RUB", "руб": "RUB", "руб.": "RUB", "₺": "TRY", "TL": "TRY", "₪": "ILS", "NIS": "ILS", "₫": "VND",
    "₱": "PHP", "₦": "NGN", "฿": "THB", "₴": "UAH", "₸": "KZT", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "lei": "RON",
    "CHF": "CHF", "SFr": "CHF", "SFr.": "CHF", "Fr.": "CHF", "R": "ZAR", "RM": "MYR", "Rp": "IDR", "kr": "kr",
    "kr.": "kr", "DM": "DEM", "FF": "FRF", "₤": "ITL", "Lit.": "ITL", "ptas": "ESP", "pts": "ESP", "₧": "ESP",
    "pesetas": "ESP", "dólares": "USD", "dólar": "USD", "dollari": "USD", "reais": "BRL", "türk lirası": "TRY",
    "złotych": "PLN", "złote": "PLN", "рублей": "RUB", "рубля": "RUB", "гривень": "UAH", "रुपये": "INR", "रु": "INR",
    "रु.": "INR", "日元": "JPY", "日圓": "JPY", "人民币": "CNY", "美元": "USD", "ドル": "USD", "달러": "USD",
    "korun": "CZK",
}  # fmt: skip
"""Signs and names of currencies, those in small letters in any letters; `kr` alone doesn't say of which country."""

CROWNS = frozenset({"SEK", "NOK", "DKK", "ISK"})
MILLION_IS_MIL = frozenset({"USD", "GBP", "CAD", "AUD", "NZD", "CZK"})
THOUSAND_IS_MIL = frozenset({"BRL", "ESP", "PTE", "euros", "dólares", "reais"})  # by currency, or by its name
"""What `mil` stands for beside currencies; beside others it may be either, as a Slovak's `2 mil. eur`."""

SCALES = {
    3: "k thousand thousands tsd tausend mille mila тыс тысяч тысячи тис thsd tys tysięcy tysiące tisíc bin duizend "
    "tusen tuhatta ezer 千 천 हज़ार ألف ribu nghìn",
    4: "万 萬 만",
    5: "lakh lakhs lac lacs lkh लाख লাখ",
    6: "mm mn mln mill mio million millions millionen millón millones milhão milhões milioni milione milioane milion "
    "miliony milionów milionů miljoen miljoner miljoonaa milyon millió млн миллион миллиона миллионов мільйонів 百万 "
    "백만 مليون ملايين juta triệu ล้าน εκατ",
    7: "crore crores cr करोड़ কোটি கோடி 千万 千萬 천만",
    8: "億 亿 억",
    9: "b bn bln bil billion billions mrd mds md milliard milliards milliarde milliarden mld miliardi miliardo miliard "
    "miliardy miliardów miliarde miljard milyar milliárd bilhão bilhões миллиард миллиарда миллиардов млрд अरब مليار "
    "miliar tỷ 十億 십억",
    12: "tn trn trillion trillions 兆 조",
}
"""Words and letters by the power of ten that they stand for; `m`, `mn` and `mil` depend on what stands beside them."""

POWERS = {normalize("NFKC", word): power for power, words in SCALES.items() for word in words.split()}
POWERS |= {"lakh crore": 12, "mil millones": 9, "mil milhões": 9}

STEPS = frozenset(word for word in POWERS if POWERS[word] in (5, 7) or not re.match("[a-zа-я]", word)) - {"cr"}
"""Words of which several make up a number, as in `5億4937万` and `1 crore 25 lakh`."""

PERCENT = frozenset({"%", "percent", "per cent", "pct", "prozent", "pour cent", "por ciento", "por cento", "per cento"})

COUNTED = (
    "votes|voters|ratings|reviews|users|people|viewers|admissions|tickets|screens|theaters|theatres|cinemas|copies|"
    "awards|wins|nominations|stimmen|bewertungen|besucher|zuschauer|kopien|kinos|votos|voti|entradas|entrées|"
    "spectateurs|espectadores|spettatori|人评价|人評價|人打分|人看过|人次|人|票|票房|条评论|голосов|голоса|зрителей|"
    "stars?|sterne?|étoiles?|estrellas?|estrelas?|stelle|stella|gwiazdki|gwiazdek|yıldız|звезды|звезд|звёзд|つ星|星|★|⭐"
)
"""What numbers count, where it stands behind each of them."""

HOURS = (
    "h|hr|hrs|hour|hours|std|stunde|stunden|heure|heures|hora|horas|ora|ore|uur|"
    "timmar|timme|tim|timer|時間|小时|小時|시간|ч|час|часа|часов|година|години|saat|sa|godz|godzina|godziny|godzin|hod|"
    "hodina|hodiny|hodin|oră|óra|tunti|tuntia|giờ|jam|ώρες|ώρα|ساعة|ساعات|שעות|שעה|घंटे|घंटा|घण्टे|ชั่วโมง"
)
MINUTES = (
    "m|mn|min|mins|minute|minutes|minuten|minuto|minutos|minuti|minuter|minut|мин|минут|минуты|хв|хвилин|"
    "dakika|dk|dak|minuta|minuty|minuuttia|perc|phút|menit|λεπτά|دقيقة|دقائق|דקות|मिनट|นาที|分钟|分鐘|分|분|'|′"
)
SECONDS = "s|sec|secs|second|seconds|(?-i:[Ss]ek)|sekunden|secondes|segundos|secondi|сек|\"|″|''"


def any_of(names: Iterable[str]) -> str:
    """Return a pattern of any of some texts, the longest first."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


def currency(name: str) -> str:
    """Return the ISO code of a sign, code or name of a currency.

    >>> currency("NT$"), currency("usd"), currency("Rs.")
    ('TWD', 'USD', 'INR')
    """
    return name.upper() if name.upper() in CURRENCY_CODES else _BY_NAME[name.casefold()]


_BY_NAME = {normalize("NFKC", name).casefold(): code for name, code in CURRENCY_NAMES.items()}
_IN_ANY_LETTERS = any_of(normalize("NFKC", name) for name in CURRENCY_NAMES if name.islower())
_AS_WRITTEN = any_of([*(name for name in CURRENCY_NAMES if not name.islower()), *CURRENCY_CODES])
CURRENCY = f"(?:{_IN_ANY_LETTERS}|(?-i:{_AS_WRITTEN}))"  # in a pattern that ignores case
