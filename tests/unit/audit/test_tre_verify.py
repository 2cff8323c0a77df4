"""The stand-alone verifier's own parts: its Ed25519, its reading of keys and notes."""

import ast
import base64
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.audit import tre_verify
from orchestrator.audit.tre_verify import Stop, ed25519_verify

# RFC 8032 section 7.1: public key, message, signature
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_vectors_of_rfc_8032(public: str, message: str, signature: str) -> None:
    """The published signatures verify; with another message they do not."""
    raw = [bytes.fromhex(part) for part in (public, message, signature)]
    assert ed25519_verify(*raw)
    assert not ed25519_verify(raw[0], raw[1] + b"x", raw[2])


@settings(max_examples=30, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=64), data=st.data())
def test_agrees_with_cryptography(seed: bytes, message: bytes, data: st.DataObject) -> None:
    """What cryptography signs verifies; with any bit of it changed it does not."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert ed25519_verify(public, message, signature)
    bit = data.draw(st.integers(0, 511))
    altered = (int.from_bytes(signature, "little") ^ 1 << bit).to_bytes(64, "little")
    assert not ed25519_verify(public, message, altered)


def test_a_second_spelling_of_a_signature_is_refused() -> None:
    """Adding the group's order to the scalar would give the same equation."""
    public, message, signature = (bytes.fromhex(part) for part in VECTORS[0])
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    assert not ed25519_verify(public, message, signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("encoded", [b"\xff" * 32, (2).to_bytes(32, "little"), b"", b"\x00" * 31])
def test_what_is_no_point_is_no_key(encoded: bytes) -> None:
    """Too large, off the curve, or of the wrong length."""
    assert not ed25519_verify(encoded, b"", b"\x00" * 64)


def test_it_is_one_file_that_imports_the_standard_library_only(tmp_path: Path) -> None:
    """An auditor copies one file to a machine of their own."""
    source = Path(tre_verify.__file__)
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    alone = tmp_path / "tre_verify.py"
    alone.write_bytes(source.read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "-S", alone, "--help"], capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"--checkpoints" in done.stdout


@pytest.mark.parametrize(
    "spelled",
    [
        "a+b+c",
        "log+00000000+" + base64.b64encode(b"\x01" + b"k" * 32).decode(),
        "log+00000000+" + base64.b64encode(b"\x09" + b"k" * 32).decode(),
        "/nowhere/at/all",
    ],
)
def test_a_key_that_is_none_is_unusable_input(spelled: str) -> None:
    """Exit 2: the auditor mistyped, nobody tampered."""
    with pytest.raises(Stop) as stop:
        list(tre_verify.read_keys(spelled))
    assert stop.value.code == tre_verify.UNUSABLE


def test_wrong_use_exits_with_two() -> None:
    """As the table of exit codes says."""
    with pytest.raises(SystemExit) as stop:
        tre_verify.main([])
    assert stop.value.code == 2
