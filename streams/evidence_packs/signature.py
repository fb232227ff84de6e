"""Ed25519 signatures (RFC 8032) of a pack's manifest, with keys as openssl writes and reads them."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LARGEST_KEY_FILE = 64 * 1024


class KeyFileError(ValueError):
    """The file holds no such key; the message names it."""


def new_key(path: Path) -> Path:
    """A new private key in `path` (PKCS #8 PEM, only the owner may read it), the public one beside it; gives that one.

    Raises:
        FileExistsError: one of the two is there already.
        OSError: it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    public = path.with_name(f"{path.name}.pub")
    private_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    if public.exists():
        raise FileExistsError(f"{public} is there already")
    for where, raw, mode in ((path, private_pem, 0o600), (public, public_pem(raw_public(key)), 0o644)):
        with os.fdopen(os.open(where, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(raw)
    return public


def load_private(path: Path) -> Ed25519PrivateKey:
    """The private key of a PEM file.

    Raises:
        KeyFileError: it is none, of another kind, or needs a password.
    """
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError(f"{path} is no Ed25519 private key in PEM without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is a private key of another kind, not Ed25519")
    return key


def load_public(path: Path) -> bytes:
    """The 32 raw bytes of a public key's PEM file.

    Raises:
        KeyFileError: it is none.
    """
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(f"{path} is no Ed25519 public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path} is a public key of another kind, not Ed25519")
    return key.public_bytes_raw()


def raw_public(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of its public key."""
    return key.public_key().public_bytes_raw()


def public_pem(raw: bytes) -> bytes:
    """A public key as openssl reads it."""
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def is_signed(signature: bytes, message: bytes, public: bytes) -> bool:
    """Whether the signature is that key's of that message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_KEY_FILE)
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}") from None
