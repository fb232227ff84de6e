"""A search led by coverage: `python -m fuzzing TARGET SECONDS [FOLDER]`.

Needs atheris (deploy/requirements-fuzz.txt). Inputs that reach something new are put into FOLDER, from which the next
run goes on; an input that raises what is not promised is printed and written there as `crash-...`, and ends the run.
The last line has the executions, and how many edges of our code were reached.
"""

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

INSTRUMENTED = ["connectors", "fingerprints", "streams", "PIL", "email", "jmespath", "tomllib"]


def main() -> None:
    """Search until the time is over."""
    import atheris

    name, seconds = sys.argv[1], int(sys.argv[2])
    folder = Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp(prefix="fuzz-")) / name
    folder.mkdir(parents=True, exist_ok=True)
    # atheris 2.3.0 breaks one generator of this module ("unsupported operand": its stack is not what it was).
    with atheris.instrument_imports(include=INSTRUMENTED, exclude=["connectors.csv_rows"]):
        from fuzzing.registry import TARGETS
    from fuzzing.corpus import kept

    target = TARGETS[name]
    for number, seed in enumerate([*target.seeds(), *kept(name)]):
        (folder / f"seed-{number}").write_bytes(seed)
    run = target.run
    promised = target.promised

    def once(raw: bytes) -> None:
        with suppress(*promised):
            run(raw)

    options = [
        sys.argv[0], f"-max_total_time={seconds}", f"-max_len={target.largest}", "-timeout=20", "-rss_limit_mb=3000",
        f"-artifact_prefix={folder.parent}/{name}-", "-print_final_stats=1", "-verbosity=1", str(folder),
    ]  # fmt: skip
    atheris.Setup(options, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
