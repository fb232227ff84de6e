"""Who uses the console, and what each role may. Pure."""

from collections.abc import Mapping
from typing import Literal, get_args

from msgspec import Struct

Role = Literal["viewer", "analyst", "operator", "admin"]
Permission = Literal["see", "judge", "lists", "export", "operate", "people"]
"""`judge`: say what an alert is. `lists`: import takedown lists. `operate`: replay dead letters. `people`: who may
sign in, and the audit log."""

ROLES: tuple[Role, ...] = get_args(Role)
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
MAY: Mapping[Role, frozenset[Permission]] = {
    "viewer": frozenset({"see"}),
    "analyst": frozenset({"see", "judge", "lists", "export"}),
    "operator": frozenset({"see", "export", "operate"}),
    "admin": frozenset(PERMISSIONS),
}


class Person(Struct, frozen=True):
    """One who is signed in."""

    name: str
    role: Role

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        return permission in MAY[self.role]
