"""What is asked of the model: the load, the machines, and what may not take longer."""

import math
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from streams.settings import Lookback, PhotoStore, Topics
from streams.topics import ALERTS, FINGERPRINTS, LISTINGS

DAY = 86_400.0
GB = 1e9

Many = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Load(Struct, frozen=True, kw_only=True):
    """Listings, takedowns, and how long they are kept. Raises msgspec.ValidationError by `checked`."""

    listings_per_day: Positive
    """Events on `listings`, new ones and updates."""
    photos: Many = 2.0
    """Photos a listing, on average."""
    takedowns: Many = 0.0
    """In force."""
    takedowns_per_day: Many = 0.0
    """That come anew."""
    takedown_photos: Many = 2.0
    """Photos a takedown, on average."""
    peak: Annotated[float, Meta(ge=1)] = 3.0
    """Listings of the busiest hour over those of a mean one."""
    updates: Share = 0.3
    """Of the listings, those that were seen before and changed."""
    photo_bytes: Positive = 90_000.0
    inline: Share = 0.0
    """Of the photos, those that are inside the event; the others are fetched."""
    seen_photos: Share = 0.3
    """Of the photos, those whose very bytes the photo store has already."""
    alerts: Share = 0.005
    """Of the listings, those that alert. docs/benchmarks.md has .002 of honest listings among them."""
    listings_days: Positive = float(LISTINGS.retention_days or 0)
    fingerprints_days: Positive = float(FINGERPRINTS.retention_days or 0)
    alerts_days: Positive = float(ALERTS.retention_days or 0)
    photo_days: Positive = PhotoStore().retention_days
    lookback_days: Positive = Lookback().days
    replication: Annotated[int, Meta(ge=1)] = 3
    lookback_minutes: Positive = 60.0
    """In which a look back shall have been through all recent listings once."""

    @property
    def peak_rate(self) -> float:
        """Listings a second in the busiest hour."""
        return self.listings_per_day * self.peak / DAY

    def grown(self, times: float) -> "Load":
        """The load with so many times the listings and the takedowns."""
        return msgspec.structs.replace(
            self,
            listings_per_day=self.listings_per_day * times,
            takedowns=self.takedowns * times,
            takedowns_per_day=self.takedowns_per_day * times,
        )


class Machine(Struct, frozen=True, kw_only=True):
    """One machine of those that the workers and the brokers run on."""

    cores: Annotated[int, Meta(ge=1)] = 16
    ram_gb: Positive = 64.0
    disk_gb: Positive = 8_000.0
    network_gbit: Positive = 10.0
    utilisation: Annotated[float, Meta(gt=0, le=1)] = 0.6
    """Of cores, RAM, disk and network at the peak: the rest is for what is not in the model and for a machine that
    is away."""


class Chosen(Struct, frozen=True, kw_only=True):
    """What is set up. By itself: the settings' defaults, and one of everything."""

    shards: int = 1
    partitions: int = Topics().partitions
    brokers: int = 1
    lookback_shards: int = 1
    photo_store_bytes: float = float(PhotoStore().max_bytes)
    workers: int = 1


def checked(load: Load, machine: Machine) -> None:
    """Whether the inputs are numbers that can be.

    Raises:
        ValueError: one is not; the message names it.
    """
    for table in (load, machine):
        values = msgspec.structs.asdict(table)
        if bad := [name for name, value in values.items() if not math.isfinite(value)]:
            raise ValueError(f"{bad[0]} is no number")
        try:
            msgspec.convert(values, type(table))
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None
