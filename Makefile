# Two commands set everything up on a fresh machine: `make demo` and `make test`.
# They need Python 3.11 or newer and nothing else; the broker comes with the packages.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := $(shell find streams fingerprints connectors -name '*.py' -o -name '*.j2' -o -name '*.txt' -o -name '*.toml' 2>/dev/null)

.PHONY: demo test check evaluate evaluate-data lock clean

demo: $(VENV)/.installed
	$(BIN)/relistwatch demo $(ARGS)

test: check
	$(BIN)/python -P -c "import streams, sys; sys.exit(None if 'site-packages' in streams.__file__ else 'not the wheel')"
	$(BIN)/pytest $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Recall and false alerts on edited photos that are not shipped: photos.csv and photos/ in the folder DATA.
DATA ?=
evaluate: evaluate-data $(VENV)/.installed
	$(BIN)/python -P -m streams.evaluation --data "$(DATA)" $(ARGS)

evaluate-data:
	$(if $(DATA),,$(error DATA must name the folder with photos.csv and photos/: make evaluate DATA=../shared/data))
	@test -f "$(DATA)/photos.csv" || { echo "make evaluate: there is no $(DATA)/photos.csv" >&2; exit 2; }

# The wheel is built and installed, never the checkout: what is tested is what is released.
$(VENV)/.installed: deploy/requirements.lock pyproject.toml deploy/kafka-jars.json $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r deploy/requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --force-reinstall .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed deploy/requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r deploy/requirements-dev.lock
	touch $@

# Needs uv. No index address may get into the locks.
lock:
	uv pip compile pyproject.toml --extra kafka --extra build --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -o deploy/requirements.lock
	uv pip compile pyproject.toml --extra kafka --extra build --extra dev --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -o deploy/requirements-dev.lock

clean:
	rm -rf $(VENV) build dist
