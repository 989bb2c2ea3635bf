# Everything runs in .venv, which the targets make and fill when it is missing or out of date.
#   make demo    install, run and train models on the embedded task, print board and report
#   make test    install, run the tests
#   make check   install, lint, types, layers, boards
#   make bench   install, run the benchmarks (minutes)
#   make results install, train all models with three seeds, write results/ and leaderboards/ (an hour)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo

DEMO_MODELS := random,popular,history-nearest,copy-history,modal-sentence,unseen-photos,train-reference,reference,topk,mmr,dpp,peter,showcase

.PHONY: demo test check format bench results clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not installed; Python 3.11 or later is needed"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or later is needed: make PYTHON=python3.11"; exit 2; }
	@echo "==> creating the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml
	@echo "==> installing showcase-bench and PyTorch into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[neural,plots]'
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml
	@echo "==> installing showcase-bench with its test tools into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@echo "==> running and training models on the embedded task, results in $(DEMO)/"
	@$(BIN)/showcase-bench run --task mini --models $(DEMO_MODELS) --results $(DEMO)

test: $(VENV)/.dev
	@echo "==> running the tests"
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.dev
	@echo "==> ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "==> mypy"
	@$(BIN)/mypy
	@echo "==> import-linter"
	@$(BIN)/lint-imports
	@echo "==> leaderboards"
	@$(BIN)/showcase-bench leaderboard check --claims baselines/claims.toml

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev
	@for script in benchmarks/[!_]*.py; do echo "==> $$script"; $(BIN)/python $$script || exit 1; done

results: $(VENV)/.dev
	@$(BIN)/showcase-bench run --task mini --models 'all,showcase:all,text-gpt2(selector=dpp)' --seeds 3 --results results \
		--no-report --metrics cider-d,self-bleu,user-match-mrr,history-lift,grounding
	@$(BIN)/showcase-bench leaderboard build --results results --task mini --claims baselines/claims.toml

clean:
	rm -rf $(VENV) $(DEMO) build *.egg-info
