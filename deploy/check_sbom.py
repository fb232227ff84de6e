"""Whether a bill of materials is what CycloneDX's own schema allows. Run by `make sbom` in the environment of
deploy/requirements-audit.txt, which brings the schema; nothing is asked of the network."""

import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def main(path: Path) -> int:
    """0: it is. 1: it is not; the first fault is told."""
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text(encoding="utf-8"))
    if fault is not None:
        sys.stderr.write(f"{path}: {fault!r:.500}\n")
        return 1
    sys.stdout.write(f"{path}: valid CycloneDX 1.6\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
