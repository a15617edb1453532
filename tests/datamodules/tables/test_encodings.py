import pytest

from greenlight_films.datamodules.tables.encodings import encoding_of, other_encoding, repaired, survey

NAMES = {
    "cp1252": [
        "Amélie,Jean-Pierre Jeunet",
        "Das Boot,Jürgen Prochnow",
        "¿Qué?,Pedro Almodóvar",
        "L’été",
        "È vero,Perché",
    ],
    "cp1250": ["Krzysztof Kieślowski,Dekalog", "Vláčil,Františka", "Bűn,Erdő,Fehér", "Łódź"],
    "cp1251": ["Сталкер,Андрей Тарковский", "СТАЛКЕР"],
    "koi8-r": ["Сталкер,Андрей Тарковский"],
    "cp866": ["Сталкер,Андрей Тарковский"],
    "cp1253": ["Το βλέμμα του Οδυσσέα"],
    "cp1254": ["Kış Uykusu,Nuri Bilge Ceylan,Şener Şen"],
    "cp1255": ["ואלס עם באשיר,ארי פולמן"],
    "cp1256": ["باب الحديد,يوسف شاهين"],
    "cp1257": ["Žemė,Šarūnas Bartas"],
    "cp850": ["Amélie,Jürgen,Señor"],
    "mac-roman": ["Amélie,Jürgen"],
    "cp932": ["七人の侍,黒澤明", "東京物語", "ゴジラ,本多猪四郎"],
    "euc-jp": ["七人の侍,黒澤明"],
    "gb18030": ["卧虎藏龙,李安", "英雄"],
    "big5": ["臥虎藏龍,李安", "悲情城市,侯孝賢"],
    "cp949": ["기생충,봉준호"],
    "utf-16": ["Amélie"],
    "utf-16-be": ["Amélie,1,2"],
    "utf-32": ["Amélie"],
    "utf-8-sig": ["Amélie"],
    "utf-8": ["Amélie", "plain"],
}


@pytest.mark.parametrize(("encoding", "text"), [(name, text) for name, texts in NAMES.items() for text in texts])
def test_an_encoding_is_found_from_a_name(encoding, text):
    content = f"title,x\n{text}\n".encode(encoding)
    seen = survey([content])
    assert encoding_of(seen) == encoding
    assert other_encoding(seen, encoding) is None
    assert survey([content[:9], content[9:]]).bad == seen.bad


@pytest.mark.parametrize(("declared", "own"), [("gbk", "gb18030"), ("shift_jis", "cp932"), ("euc-kr", "cp949")])
def test_a_declared_encoding_of_the_same_family_fits(declared, own):
    content = "".join(f"x,{text}\n" for text in NAMES[own]).encode(own) * 3
    assert other_encoding(survey([content]), declared) is None
    assert other_encoding(survey([content]), "cp1252") == own
    assert other_encoding(survey([content]), "latin-1") == own


@pytest.mark.parametrize("declared", ["utf-8", "ascii", "cp1252", "latin-1", "iso8859-2"])
def test_text_in_ascii_fits_every_encoding(declared):
    assert other_encoding(survey([b"title\nplain\n"]), declared) is None


def test_utf8_with_few_bad_bytes_stays_utf8():
    seen = survey(["Amélie,Été,Où,Noël\n".encode(), b"C\x9cur\n"])
    assert (encoding_of(seen), seen.bad) == ("utf-8", 1)


@pytest.mark.parametrize(("text", "expected"), [("DÃ®ner Ã\u00a0 5 â‚¬", "Dîner à 5 €"), ("Ã", None), ("Été", None)])
def test_text_that_was_decoded_wrongly_once_is_repaired(text, expected):
    assert repaired(text) == expected


def test_long_lines_in_ascii_cost_no_more_than_their_length():
    seen = survey([b"a" * 2**20 + "\né\r\n".encode() + b"b" * 2**20])
    assert seen.sample == "é\n".encode()
