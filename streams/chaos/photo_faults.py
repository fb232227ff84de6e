"""Hosts of photos that hang, lie, redirect in circles and send bombs."""

from collections import Counter

from streams.chaos.fault import Fault
from streams.chaos.scene import Scene

SECONDS = 20.0


def hostile_photos(scene: Scene) -> str:
    """Every 25th listing has a photo at such a host."""
    before = scene.photos.asked.copy()
    scene.feeder.traps = scene.photos.traps
    try:
        scene.wait(SECONDS)
    finally:
        scene.feeder.traps = ()
    asked = Counter(scene.photos.asked) - before
    return f"{sum(count for path, count in asked.items() if path != '/good'):,} hostile answers"


FAULTS = (Fault("photo-hosts-hostile", "photo hosts hang, lie, turn in circles, send bombs", hostile_photos),)
