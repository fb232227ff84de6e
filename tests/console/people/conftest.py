"""A console with its own pages alone."""

import pytest
from argon2 import PasswordHasher

from streams.console import passwords

TODAYS = passwords.HASHER, passwords.NOBODYS


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real costs are slow by design, and paid some hundred times here; `todays_costs` asks for them."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    monkeypatch.setattr(passwords, "NOBODYS", passwords.NOBODYS.replace("m=65536,t=3", "m=64,t=1"))


@pytest.fixture
def todays_costs(cheap_passwords: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a console really has."""
    monkeypatch.setattr(passwords, "HASHER", TODAYS[0])
    monkeypatch.setattr(passwords, "NOBODYS", TODAYS[1])
