# Two commands matter: `make demo` and `make test`. Both install what is missing.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LAB    ?= lab
SECONDS ?= 600
# AGAIN=1: only what failed in the last run.
FAILED := $(if $(AGAIN),--last-failed --last-failed-no-failures=none)
# Many institutions open TLS at a proxy whose certificate only the system's store knows, as pip does.
export UV_SYSTEM_CERTS := 1
.DEFAULT_GOAL := help
.PHONY: help demo demo-cluster test test-cluster test-wall wall images lab-programs lab-up lab-down lab-status check audit bench bench-cluster bench-outputs pictures docs lock clean fuzz

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(BIN)/tre ## start everything on this machine and tell the whole story (ENGINE=kubernetes: on a cluster)
	@if [ "$(ENGINE)" = kubernetes ]; then $(MAKE) -s demo-cluster; else \
	.ci/packages bubblewrap libseccomp2 tesseract-ocr-eng && $(BIN)/python -m orchestrator.cli.main demo; fi

# On a cluster of yours with the chart's VALUES=…, else on the lab (LAB=…) with images made here.
demo-cluster: $(VENV)/.dev
	@if [ -n "$(VALUES)" ]; then $(BIN)/python -m orchestrator.cli.main demo --engine kubernetes --values $(VALUES); \
	else $(BIN)/python -m tests.cluster.demo $(LAB); fi

test: $(VENV)/.dev $(BIN)/tre ## every test that needs no cluster, browser tests included
	@.ci/packages bubblewrap libseccomp2 tesseract-ocr-eng chromium postgresql
	@.ci/versitygw >/dev/null
	@$(BIN)/python -m pytest -n 2 --ignore=tests/cluster $(FAILED) tests; said=$$?; echo $$said > .tre/$@; exit $$said

test-cluster: $(VENV)/.dev ## every test that needs a Kubernetes: yours, kind's, or the lab's
	@mkdir -p .tre; $(BIN)/python -m tests.cluster --durations=20 $(FAILED) tests/cluster; said=$$?; echo $$said > .tre/$@; exit $$said

test-wall: $(VENV)/.dev ## the second wall on network namespaces of its own; needs root and no cluster
	@.ci/packages nftables iproute2 util-linux
	@$(BIN)/python -m tests.cluster.wall test

wall: $(VENV)/.dev ## build the program of the second wall for its image
	@$(BIN)/python -m tests.cluster.wall build

images: $(VENV)/.dev ## build, try and list the images of a cluster (BASE_IMAGE=…, IMAGES="hub …"); needs root or Docker
	@docker info >/dev/null 2>&1 || .ci/packages buildah mmdebstrap
	@BASE_IMAGE="$(BASE_IMAGE)" $(BIN)/python -m tests.cluster.images $(IMAGES)

lab-programs: $(VENV)/.dev ## build what a lab runs, from what others leave of the processors
	@chrt --idle 0 $(BIN)/python -m tests.cluster.lab build

lab-up: $(VENV)/.dev ## build and start a Kubernetes of one node on this machine (LAB=lab)
	@$(BIN)/python -m tests.cluster.lab up $(LAB)

lab-down: $(VENV)/.dev ## take it away with all that belongs to it (LAB=lab)
	@$(BIN)/python -m tests.cluster.lab down $(LAB)

lab-status: $(VENV)/.dev ## where the labs of this clone stand
	@$(BIN)/python -m tests.cluster.lab status

check: $(VENV)/.dev ## lint, types, import contracts, documents current
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m orchestrator.cli.main docs --check

audit: $(VENV)/.dev ## known vulnerabilities in the locked packages; says so where the service is away
	@$(BIN)/python -m orchestrator.cli.main audit packages

bench: $(VENV)/.dev ## figures beside peers and floors, interleaved in one run; ONLY=B1,B9 for some
	@PYTHONPATH=. $(BIN)/python -m tests.bench.chosen "$(ONLY)"

bench-cluster: $(VENV)/.dev ## all figures of a cluster, about a quarter of an hour, as root; writes docs/figures.md
	@PYTHONPATH=. $(BIN)/python -m tests.bench.cluster --page docs/figures.md $(SIZE)

fuzz: $(VENV)/.dev ## break files of every format for SECONDS (600), guided by coverage
	@test -e .tre/fuzz/env || $(BIN)/uv venv -q --python $(BIN)/python .tre/fuzz/env
	@$(BIN)/uv pip sync -q --python .tre/fuzz/env/bin/python --require-hashes requirements.lock .ci/fuzz.lock
	@$(BIN)/python -m tests.fuzz.seeds .tre/fuzz/seeds
	@.tre/fuzz/env/bin/python -m tests.fuzz.campaign .tre/fuzz/seeds $(SECONDS)

ACRO ?= .tre/acro/bin/python
.tre/acro/.made: $(VENV)/.dev .ci/acro.lock
	@$(BIN)/uv venv -q --clear --python $(BIN)/python .tre/acro
	@$(BIN)/uv pip sync -q --python .tre/acro/bin/python --require-hashes .ci/acro.lock
	@touch $@

bench-outputs: $(VENV)/.dev $(if $(filter .tre/%,$(ACRO)),.tre/acro/.made) ## the check engine and ACRO against the open corpus; writes docs/outputs-benchmark.md (ACRO= leaves it out)
	@PYTHONPATH=. $(BIN)/python tests/bench/outputs_corpus.py --page docs/outputs-benchmark.md $(if $(ACRO),--acro $(ACRO))

pictures: $(VENV)/.dev ## take the pictures of the documents again, in the browser tests
	@TRE_PICTURES=docs/pictures $(BIN)/python -m pytest -q tests/e2e/test_journeys.py tests/e2e/test_lab.py

docs: $(VENV)/.dev ## write the generated documents again
	@$(BIN)/python -m orchestrator.cli.main docs --write

lock: $(VENV)/.dev ## resolve the dependencies again, with hashes and without hosts
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --generate-hashes --extra demo pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --generate-hashes --all-extras pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --generate-hashes -c requirements.lock workspace-images/hub/requirements.in -o workspace-images/hub/requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --generate-hashes -c workspace-images/workspace/requirements.lock $$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' workspace-images/workspace/requirements.lock) workspace-images/mirror/requirements.in -o workspace-images/mirror/requirements.lock

clean: ## remove environments and everything the demo made
	@test ! -d .tre/lab || { echo "A lab is there: make lab-down first."; exit 1; }
	@rm -rf $(VENV) .tre

$(BIN)/uv:
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r .ci/uv.lock

# The full set holds the runtime set, so the demo does not shrink an environment made for tests.
$(VENV)/.runtime: requirements.lock $(BIN)/uv
	@test -e $(VENV)/.dev || $(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes requirements.lock .ci/uv.lock
	@touch $@

# The command for people: this checkout's package, from any folder.
$(BIN)/tre: $(VENV)/.runtime
	@printf '#!/bin/sh\nhere=$$(dirname "$$(readlink -f "$$0")")\nPYTHONPATH="$$here/../.." exec "$$here/python" -m orchestrator.cli.main "$$@"\n' > $@
	@chmod +x $@

$(VENV)/.dev: requirements-dev.lock $(BIN)/uv
	@$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes requirements-dev.lock .ci/uv.lock
	@touch $@ $(VENV)/.runtime
