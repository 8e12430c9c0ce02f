"""Pseudonyms, their key, and masks in messages."""

import hmac
import stat

import pytest

from ingest.privacy import MASK, PseudonymKey, PseudonymKeyError, load_key, looks_like_person, scrub
from ingest.values.arrow import text_array
from warehouse.config import Settings
from warehouse.ledger import KeyInUse

KEY = PseudonymKey(b"0123456789abcdef", "k1")


def test_a_pseudonym_depends_on_key_version_and_domain():
    value = text_array(["079123456789"])
    found = {
        key.keyer(domain)(value)[0].as_py()
        for key, domain in [
            (KEY, "identity"),
            (KEY, "phone"),
            (PseudonymKey(KEY.secret, "k2"), "identity"),
            (PseudonymKey(b"another", "k1"), "identity"),
        ]
    }
    assert len(found) == 4


@pytest.mark.parametrize("length", [16, 64, 65, 200])
def test_a_pseudonym_is_the_hmac_of_the_value_behind_its_domain_and_version(length):
    key = PseudonymKey(bytes(range(length)), "k1")
    values = ["079123456789", "993572187", "079123456789"]
    found = key.keyer("identity")(text_array(values)).to_pylist()
    macs = [hmac.digest(key.secret, f"identity|k1|{value}".encode(), "sha256").hex() for value in values]
    assert found == [f"k1:{mac[:32]}" for mac in macs]


def test_a_blank_or_missing_value_has_no_pseudonym():
    assert KEY.keyer("identity")(text_array([None, "", "  "])).to_pylist() == [None, None, None]


def test_a_passport_with_letters_has_a_pseudonym_of_its_digits_and_a_name_one_of_its_letters():
    found = KEY.keyer("identity")(text_array(["B 1234567", "1234567", "không số", "KHÔNG SỐ "])).to_pylist()
    assert found[0] == found[1] != found[2] == found[3]


def test_the_first_night_makes_a_key_that_only_its_owner_reads(tmp_path):
    settings = Settings(home=tmp_path)
    key = load_key(settings, None)
    assert stat.S_IMODE(settings.layout.key_file.stat().st_mode) == 0o400
    assert load_key(settings, KeyInUse(key.fingerprint, None)) == key


def test_a_missing_key_is_never_replaced_once_something_was_loaded(tmp_path):
    with pytest.raises(PseudonymKeyError, match=r"pseudonym.key is missing; restore it"):
        load_key(Settings(home=tmp_path), KeyInUse("12345678", None))
    assert not Settings(home=tmp_path).layout.key_file.exists()


@pytest.mark.parametrize("content", [b"", b"\n", b"0" * 31])
def test_a_short_or_empty_key_is_refused(tmp_path, content):
    settings = Settings(home=tmp_path)
    settings.layout.key_file.parent.mkdir()
    settings.layout.key_file.write_bytes(content)
    with pytest.raises(PseudonymKeyError, match="it needs 32"):
        load_key(settings, None)
    with pytest.raises(PseudonymKeyError, match="has 0 bytes"):
        load_key(Settings(home=tmp_path, key=""), None)


def test_another_key_is_refused(tmp_path):
    load_key(Settings(home=tmp_path), None)
    with pytest.raises(PseudonymKeyError, match="is not the one that earlier loads used"):
        load_key(Settings(home=tmp_path), KeyInUse("12345678", None))


def test_a_key_of_the_environment_wins_and_does_not_show(tmp_path):
    settings = Settings(home=tmp_path, key="a secret of thirty-two characters!")
    assert load_key(settings, None).secret == b"a secret of thirty-two characters!"
    assert "secret of" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CCCD 079123456789 của ông A", f"CCCD {MASK} của ông A"),
        ("CMND 225123456", f"CMND {MASK}"),
        ("gọi 0912345678 hoặc a.b@example.vn", f"gọi {MASK} hoặc {MASK}"),
        ("STP-15-000123", "STP-15-000123"),
        ("000.00.19.H47-260105-0001", "000.00.19.H47-260105-0001"),
    ],
)
def test_what_looks_personal_is_masked_and_codes_are_not(text, shown):
    assert scrub(text) == shown


@pytest.mark.parametrize(
    ("text", "is_person"),
    [
        ("Bùi Mô Phỏng Kín", True),
        ("NGUYỄN VĂN A", True),
        (f"Trần Mô Phỏng {MASK}", True),
        ("Đang xử lý", False),
        ("Sở Tư Pháp", False),
        ("Uỷ Ban Nhân Dân", False),
        ("STP-15-000001", False),
        ("Kín", False),
        ("", False),
    ],
)
def test_a_cell_of_capitalised_words_looks_like_a_person_unless_it_begins_as_an_office(text, is_person):
    assert looks_like_person(text) is is_person
