"""All targets by name."""

from fuzzing import files, lists, photos, records, sources, texts
from fuzzing.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for module in (records, sources, texts, lists, photos, files)
    for target in module.TARGETS
}
