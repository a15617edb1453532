import pytest

from greenlight_films.datamodules.tables.units import CURRENCY_CODES, CURRENCY_NAMES, currency


@pytest.mark.parametrize(("name", "code"), [("$", "USD"), ("nt$", "TWD"), ("usd", "USD"), ("KČ", "CZK"), ("₹", "INR")])
def test_a_currency_is_its_iso_code(name, code):
    assert currency(name) == code


def test_every_sign_stands_for_a_known_code():
    assert set(CURRENCY_NAMES.values()) - CURRENCY_CODES == {"kr"}
