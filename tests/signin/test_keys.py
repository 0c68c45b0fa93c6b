"""The keys of the sign-in lie in a file that nobody else may read."""

from __future__ import annotations

import stat

import pytest

from ledger.errors import InvariantError, SettingsError
from ledger.signin.keys import FILE, sign_in_keys


def test_they_are_made_once_and_for_their_owner(tmp_path):
    first = sign_in_keys(tmp_path / "keys")
    assert sign_in_keys(tmp_path / "keys") == first
    assert stat.S_IMODE((tmp_path / "keys" / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert repr(first) == "SignInKeys()"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_they_are_not_used_when_others_may_get_at_them(tmp_path, mode):
    sign_in_keys(tmp_path)
    (tmp_path / FILE).chmod(mode)
    with pytest.raises(SettingsError) as caught:
        sign_in_keys(tmp_path)
    assert "0600" in str(caught.value.fields["expected"])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"totp": {}, "hashing": "xyz"}'])
def test_a_broken_file_is_named(tmp_path, text):
    sign_in_keys(tmp_path)
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InvariantError) as caught:
        sign_in_keys(tmp_path)
    assert caught.value.fields["file"] == FILE
