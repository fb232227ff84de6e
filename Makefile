# Two commands set everything up on a fresh machine: `make demo` and `make test`.
# They need Python 3.11 or newer and nothing else; the broker comes with the packages.
PYTHON ?= python3
VENV ?= .venv
# Tests run side by side, a broker each; they wait most of their time, so more than two cores can do at once. Not the
# files with most tests first: those with one slow test would come last, one after another.
JOBS ?= 6
SIDE_BY_SIDE = -n $(JOBS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0 --durations=20
BIN := $(VENV)/bin
SOURCES := $(shell find streams fingerprints connectors -name '*.py' -o -name '*.j2' -o -name '*.txt' -o -name '*.toml' -o -name '*.html' -o -name '*.css' -o -name '*.js' -o -name '*.svg' 2>/dev/null)

# A newer pip is no news to somebody who wants to see a demo.
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check lint types assertions evaluate evaluate-titles evaluate-whole evaluate-data bench bench-photos bench-titles bench-data chaos fuzz audit sbom docs reference notices dist try-dist coverage mutate lock clean

demo: $(VENV)/.installed
	$(BIN)/relistwatch demo $(ARGS)

# One thread for the small matrix products of each of the JOBS processes, as `relistwatch` itself has it.
test: export OPENBLAS_NUM_THREADS = 1
# Whoever keeps Python from writing bytecode has every process rewrite the assertions of all test files: 9 s of each.
test: export PYTHONDONTWRITEBYTECODE =
test: lint
	$(MAKE) --no-print-directory -j3 types assertions docs
	$(BIN)/python -P -c "import streams, sys; sys.exit(None if 'site-packages' in streams.__file__ else 'not the wheel')"
	$(BIN)/pytest $(SIDE_BY_SIDE) $(ARGS)

check: lint types

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.installed-dev
	$(BIN)/mypy

# Collects, so that bytecode of the tests is there before JOBS processes start at once and each would make its own. The
# types are looked at meanwhile, by one core. What is wrong with a file's imports is said here already.
assertions: $(VENV)/.installed-dev
	@$(BIN)/pytest --collect-only -qq $(ARGS) >$(VENV)/collected.txt || { cat $(VENV)/collected.txt; exit 1; }

# Recall and false alerts on edited photos that are not shipped: photos.csv and photos/ in the folder DATA.
DATA ?=
evaluate: evaluate-data $(VENV)/.installed
	$(BIN)/python -P -m streams.evaluation --data "$(DATA)" $(ARGS)

# Disguised titles, and whole listings with photo, title and all: titles.csv beside the photos.
evaluate-titles: evaluate-data $(VENV)/.installed
	$(BIN)/python -P -m streams.evaluation.titles --data "$(DATA)" $(ARGS)

evaluate-whole: evaluate-data $(VENV)/.installed
	$(BIN)/python -P -m streams.evaluation.combined --data "$(DATA)" $(ARGS)

evaluate-data:
	$(if $(DATA),,$(error DATA must name the folder with photos.csv and photos/: make evaluate DATA=../shared/data))
	@test -f "$(DATA)/photos.csv" || { echo "make evaluate: there is no $(DATA)/photos.csv" >&2; exit 2; }

# Every goal of speed, memory and growth beside its peer, one part after another, into docs/benchmarks.md: some 45
# minutes on two cores with nothing else to do. ARGS=--quick: three minutes, to try it out, and only shown. ARGS="--only
# stream": one part anew. All figures are in build/bench-full.json. The peers have an environment of their own: a
# user's and the tests' do not grow by them.
BENCH_VENV ?= .venv-bench
BENCH_PAGE := $(if $(findstring --quick,$(ARGS)),,--write docs/benchmarks.md)
BENCH := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BENCH_VENV)/bin/python -P -m
bench: bench-data $(BENCH_VENV)/.installed
	$(BENCH) streams.bench --data "$(DATA)" $(BENCH_PAGE) $(ARGS)

# One part with options of its own, and its whole report: photos (hours at full size, ARGS=--quick), titles.
bench-photos: bench-data $(BENCH_VENV)/.installed
	$(BENCH) streams.evaluation.photo_bench --data "$(DATA)" $(ARGS)

bench-titles: bench-data $(BENCH_VENV)/.installed
	$(BENCH) streams.evaluation.title_bench --data "$(DATA)" $(ARGS)

bench-data:
	$(if $(DATA),,$(error DATA must name the folder with photos.csv and photos/: make bench DATA=../shared/data))
	@test -f "$(DATA)/photos.csv" || { echo "make bench: there is no $(DATA)/photos.csv" >&2; exit 2; }

# Faults on a real three-node Kafka while listings flow (docs/chaos.md): a quarter of an hour, and root for the network
# and the disks. ARGS=--short: a minute and no root; ARGS=--list: what there is; ARGS="--fault NAME": one of them.
chaos: $(VENV)/.installed
	$(BIN)/python -P -m streams.chaos $(ARGS)

$(BENCH_VENV)/.installed: deploy/requirements.lock deploy/requirements-bench.txt pyproject.toml deploy/kafka-jars.json docs/runbook.md $(SOURCES)
	test -x $(BENCH_VENV)/bin/python || $(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --require-hashes -r deploy/requirements.lock
	$(BENCH_VENV)/bin/python -m pip install --quiet --no-deps --require-hashes -r deploy/requirements-bench.txt
	$(BENCH_VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --force-reinstall .
	touch $@

# Known vulnerabilities of the hashed lock; says so where it cannot ask (exit code 3), and lists what is known (1).
AUDIT_VENV ?= .venv-audit
audit: $(AUDIT_VENV)/.installed
	$(AUDIT_VENV)/bin/python -P deploy/audit.py $(ARGS)

# The documentation site, in build/site; python -m http.server --directory build/site shows it. A page that is not in the
# navigation, a link or an anchor that leads nowhere ends it. With --quiet, mkdocs counts no warnings and --strict sees none.
DOCS_VENV ?= .venv-docs
docs: $(DOCS_VENV)/.installed
	NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build --strict

# docs/reference and the drawing of the architecture, from the code; a test says when they are not what it says.
reference: $(VENV)/.installed-dev
	PYTHONPATH=tests/support $(BIN)/python -m reference

$(DOCS_VENV)/.installed: deploy/requirements-docs.txt
	test -x $(DOCS_VENV)/bin/python || $(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -m pip install --quiet --require-hashes -r deploy/requirements-docs.txt
	touch $@

# The bill of materials of the release, CycloneDX 1.6, checked by CycloneDX's own schema.
SBOM ?= dist/relistwatch.cdx.json
sbom: $(VENV)/.installed $(AUDIT_VENV)/.installed
	$(BIN)/python -P -m streams.sbom --out "$(SBOM)"
	$(AUDIT_VENV)/bin/python -P deploy/check_sbom.py "$(SBOM)"

$(AUDIT_VENV)/.installed: deploy/requirements-audit.txt
	test -x $(AUDIT_VENV)/bin/python || $(PYTHON) -m venv $(AUDIT_VENV)
	$(AUDIT_VENV)/bin/python -m pip install --quiet --require-hashes -r deploy/requirements-audit.txt
	touch $@

notices: $(VENV)/.installed
	$(BIN)/python deploy/third_party.py

# The sdist and, made from it, the wheel, in dist/: built twice and compared, and looked at as a package index would.
DIST ?= dist
DIST_VENV ?= .venv-dist
dist: $(DIST_VENV)/.installed
	rm -f $(DIST)/relistwatch-*.whl $(DIST)/relistwatch-*.tar.gz
	$(DIST_VENV)/bin/python deploy/build_dist.py --out $(DIST)
	$(DIST_VENV)/bin/python -m twine check --strict $(DIST)/relistwatch-*.whl $(DIST)/relistwatch-*.tar.gz

# Both installed in empty environments of each Python, and the demo played there: make try-dist PYTHONS="python3.13"
PYTHONS ?= python3.11 python3.12 python3.13
try-dist: dist
	$(DIST_VENV)/bin/python deploy/try_dist.py --dist $(DIST) $(PYTHONS)

$(DIST_VENV)/.installed: deploy/requirements-dist.txt
	test -x $(DIST_VENV)/bin/python || $(PYTHON) -m venv $(DIST_VENV)
	$(DIST_VENV)/bin/python -m pip install --quiet --require-hashes -r deploy/requirements-dist.txt
	touch $@

# A search for inputs that break a parser, led by coverage: make fuzz TARGET=list-email SECONDS=600; without a target all
# of them, one after another. What it finds is named at its end and kept in FUZZ_FOLDER; CI replays tests/fuzz/corpus.
# Needs Python 3.11. The checkout is searched, which has to be instrumented as it is loaded, not the wheel.
FUZZ_VENV ?= .venv-fuzz
FUZZ_FOLDER ?= build/fuzz
TARGET ?=
SECONDS ?= 60
fuzz: $(FUZZ_VENV)/.installed
	OPENBLAS_NUM_THREADS=1 PYTHONPATH=.:tests/support $(FUZZ_VENV)/bin/python -m fuzzing.all "$(FUZZ_FOLDER)" $(SECONDS) $(TARGET)

$(FUZZ_VENV)/.installed: deploy/requirements-dev.lock deploy/requirements-fuzz.txt
	test -x $(FUZZ_VENV)/bin/python || $(PYTHON) -m venv $(FUZZ_VENV)
	$(FUZZ_VENV)/bin/python -m pip install --quiet --require-hashes -r deploy/requirements-dev.lock
	$(FUZZ_VENV)/bin/python -m pip install --quiet --no-deps --require-hashes -r deploy/requirements-fuzz.txt
	touch $@

# Coverage by branch of the whole suite, commands and their processes included: twice as long as make test. Coverage takes
# SIGTERM for itself, so that a first process is not ended by it.
COVERAGE_VENV ?= .venv-coverage
COVERAGE := build/coverage
coverage: export COVERAGE_FILE = $(CURDIR)/$(COVERAGE)/data
coverage: export OPENBLAS_NUM_THREADS = 1
coverage: $(COVERAGE_VENV)/.installed
	mkdir -p $(COVERAGE) && rm -f $(COVERAGE)/data*
	$(COVERAGE_VENV)/bin/python -m coverage run -m pytest $(SIDE_BY_SIDE) \
	  --deselect tests/lost_members/test_first_process.py $(ARGS)
	$(COVERAGE_VENV)/bin/python -m coverage combine --quiet
	$(COVERAGE_VENV)/bin/python -m coverage json --quiet -o $(COVERAGE)/coverage.json
	$(COVERAGE_VENV)/bin/python deploy/coverage_table.py $(COVERAGE)/coverage.json

$(COVERAGE_VENV)/.installed: deploy/requirements-dev.lock deploy/requirements-coverage.txt pyproject.toml deploy/kafka-jars.json docs/runbook.md $(SOURCES)
	test -x $(COVERAGE_VENV)/bin/python || $(PYTHON) -m venv $(COVERAGE_VENV)
	$(COVERAGE_VENV)/bin/python -m pip install --quiet --require-hashes -r deploy/requirements-dev.lock
	$(COVERAGE_VENV)/bin/python -m pip install --quiet --no-deps --require-hashes -r deploy/requirements-coverage.txt
	$(COVERAGE_VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --force-reinstall .
	touch $@

# Small changes to the decision and the delivery, which the tests must notice: docs/testing.md.
MUTATE_VENV ?= .venv-mutate
mutate: $(MUTATE_VENV)/.installed
	$(MUTATE_VENV)/bin/python deploy/mutate.py $(ARGS)

$(MUTATE_VENV)/.installed: deploy/requirements-dev.lock deploy/requirements-mutate.txt
	test -x $(MUTATE_VENV)/bin/python || $(PYTHON) -m venv $(MUTATE_VENV)
	$(MUTATE_VENV)/bin/python -m pip install --quiet --require-hashes -r deploy/requirements-dev.lock
	$(MUTATE_VENV)/bin/python -m pip install --quiet --no-deps --require-hashes -r deploy/requirements-mutate.txt
	touch $@

# The wheel is built and installed, never the checkout: what is tested is what is released.
INSTALLED := pyproject.toml deploy/kafka-jars.json docs/runbook.md $(SOURCES)
define install
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(3) --require-hashes -r $(1)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --force-reinstall .
	touch $(2)
endef

$(VENV)/.installed: deploy/requirements.lock $(INSTALLED)
	$(call install,deploy/requirements.lock,$@)

# All that the other lock has, and what tests need: installing both would take half a minute more. Compiled is what is
# imported, when it is; all of it would take as long again.
$(VENV)/.installed-dev: deploy/requirements-dev.lock $(INSTALLED)
	$(call install,deploy/requirements-dev.lock,$(VENV)/.installed $@,--no-compile)

# Needs uv. No index address may get into the locks.
lock:
	uv pip compile pyproject.toml --extra kafka --extra build --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -o deploy/requirements.lock
	uv pip compile pyproject.toml --extra kafka --extra build --extra dev --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -o deploy/requirements-dev.lock
	uv pip compile pyproject.toml --extra postgres --extra s3 --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -c deploy/requirements-dev.lock -o deploy/container/requirements.lock
	uv pip compile deploy/container/build.in --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -c deploy/requirements-dev.lock -o deploy/container/build.lock

clean:
	rm -rf $(VENV) $(BENCH_VENV) $(AUDIT_VENV) $(FUZZ_VENV) $(DOCS_VENV) $(DIST_VENV) $(COVERAGE_VENV) $(MUTATE_VENV) build dist
