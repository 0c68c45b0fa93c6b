"""Statements before and after each signature, as independent readers see them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.errors import ExternalError, InvariantError, SettingsError, StateError
from ledger.settings import load_settings
from ledger.statements.fields import prepare_fields
from ledger.statements.pki import FOLDER, make_development_pki
from ledger.statements.sign import (
    Signing,
    certify,
    organisation_key,
    signing_with_file,
    web_stamps,
)
from ledger.verify.pdf_signatures import check_signatures, examine
from ledger.verify.pdf_trust import Trust, read_trust
from tests.statements.papers import NOW, People
from tests.statements.sound import (
    Stage,
    check_by_others,
    check_claims,
    check_fields,
    run,
    signed_twice,
)
from tests.statements.stamping import stamp_server


@pytest.fixture(scope="module")
def development(tmp_path_factory) -> Path:
    return make_development_pki(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def stages(prepared: bytes, development: Path) -> list[Stage]:
    return signed_twice(prepared, development)


def test_equal_bytes_before_signing(rendered, prepared):
    assert prepare_fields(rendered) == prepared
    with pytest.raises(InvariantError):
        prepare_fields(prepared)


def test_each_stage_is_sound_to_independent_tools(stages, tmp_path):
    for stage in stages:
        check_by_others(stage.data, stage.signatures, tmp_path)


def test_each_stage_keeps_what_archives_and_screen_readers_need(stages):
    for stage in stages:
        check_claims(stage.data)
        check_fields(stage.data)


def test_a_file_signed_for_the_long_term_is_judged_offline(stages, development):
    final = stages[-1].data
    found = examine(final, read_trust(development), NOW)
    assert found.long_term is True
    assert [one.kind for one in found.found] == [
        "certification", "time-stamp", "approval", "time-stamp"
    ]  # fmt: skip
    assert [one.is_whole for one in found.found] == [False, False, False, True]
    assert all(one.is_intact and one.is_allowed and one.is_trusted for one in found.found)
    findings, _ = check_signatures(final, read_trust(development), NOW)
    assert findings.broken == {}
    assert findings.unsures == {"pdf-signers": "development", "pdf-time": "development"}
    assert any("ONLY FOR TRYING" in en for en, _ in findings.notes)
    # Nobody told this computer whom to trust: it says so, and still finds what is wrong.
    findings, _ = check_signatures(final, Trust(), NOW)
    assert findings.broken == {}


def test_what_the_checker_says_of_a_file_that_was_tampered_with(stages, development):
    final, trust = stages[-1].data, read_trust(development)
    middle = bytearray(stages[0].data)
    at = stages[0].data.rindex(b"endstream") - 40
    flipped = bytearray(final)
    flipped[at] ^= 1
    assert middle[at] != flipped[at]
    for data, check in (
        (bytes(flipped), {"pdf-intact", "pdf-readable"}),
        (final + b"% more\n", {"pdf-covered"}),
        (final[: len(final) // 2], {"pdf-readable"}),
        (b"not a pdf", {"pdf-readable"}),
    ):
        findings, _ = check_signatures(data, trust, NOW)
        assert findings.broken.keys() & check, check
    findings, _ = check_signatures(stages[0].data, trust, NOW)
    assert findings.broken == {}
    assert set(findings.unsures.values()) == {"unsigned"}


def test_time_stamps_come_from_the_authority_that_is_set(prepared, development):
    with stamp_server(development) as server:
        trust = read_trust(development)
        signing = signing_with_file(
            (development / "organisation.p12").read_bytes(),
            "only-for-trying",
            trust,
            web_stamps(server.url),
        )
        found = examine(certify(prepared, signing, "x"), trust, NOW)
        assert server.asked >= 2
    assert found.long_term is True
    with pytest.raises(ExternalError):
        certify(
            prepared,
            Signing(signing.signer, signing.certificate, trust, web_stamps(server.url)),
            "x",
        )


@pytest.fixture
def device(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Give the settings of a software token that holds the organisation's key."""
    module = "/usr/lib/softhsm/libsofthsm2.so"
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    config = tmp_path / "softhsm2.conf"
    config.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(config))
    run(
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "fund",
        "--pin",
        "1234",
        "--so-pin",
        "5678",
    )
    import pkcs11
    from cryptography.hazmat.primitives import serialization
    from pkcs11.util.ec import decode_ec_private_key
    from pkcs11.util.x509 import decode_x509_certificate

    with (
        pkcs11.lib(module).get_token(token_label="fund").open(user_pin="1234", rw=True) as session
    ):
        key = people.fund.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        der = people.fund.certificate.public_bytes(serialization.Encoding.DER)
        label = {pkcs11.Attribute.LABEL: "sign", pkcs11.Attribute.TOKEN: True}
        session.create_object({**decode_ec_private_key(key), **label})
        session.create_object({**decode_x509_certificate(der), **label})
    yield {
        "LEDGER_HOME": str(tmp_path),
        "LEDGER_SIGN_PKCS11_MODULE": module,
        "LEDGER_SIGN_PKCS11_TOKEN": "fund",
        "LEDGER_SIGN_PKCS11_PIN": "1234",
        "LEDGER_SIGN_PKCS11_KEY": "sign",
    }
    shutil.rmtree(tokens)


def test_a_key_in_a_device_signs_and_never_leaves_it(device, prepared, people):
    settings = load_settings(device)
    assert "1234" not in repr(settings)
    with organisation_key(settings, people.trust(), None) as signing:
        signed = certify(prepared, signing, "x")
    one = examine(signed, people.trust(), NOW).found[0]
    assert (one.is_intact, one.is_trusted, one.is_whole) == (True, True, True)
    wrong = load_settings({**device, "LEDGER_SIGN_PKCS11_PIN": "0000"})
    with pytest.raises(SettingsError), organisation_key(wrong, people.trust(), None):
        pass


def test_the_organisation_s_key_is_found_by_the_settings(people, tmp_path):
    from ledger.statements import pki

    home = {"LEDGER_HOME": str(tmp_path)}
    with pytest.raises(StateError), organisation_key(load_settings(home), Trust(), None):
        pass
    make_development_pki(load_settings(home).keys)
    with organisation_key(load_settings(home), Trust(), None) as signing:
        assert signing.is_development
    folder = load_settings(home).keys / FOLDER
    assert {one.stat().st_mode & 0o077 for one in folder.iterdir()} == {0}
    before = {one.name: sha256(one.read_bytes()).digest() for one in folder.iterdir()}
    make_development_pki(load_settings(home).keys)
    assert before == {one.name: sha256(one.read_bytes()).digest() for one in folder.iterdir()}
    file = tmp_path / "fund.p12"
    file.write_bytes(pki.key_file(people.fund, people.authority, "secret words"))
    chosen = {**home, "LEDGER_SIGN_P12": str(file), "LEDGER_SIGN_PASSPHRASE": "secret words"}
    with organisation_key(load_settings(chosen), Trust(), None) as signing:
        assert not signing.is_development
    with (
        pytest.raises(SettingsError),
        organisation_key(
            load_settings({**chosen, "LEDGER_SIGN_PASSPHRASE": "other"}), Trust(), None
        ),
    ):
        pass
