# Two commands are enough: make demo, make test. Each sets up what is missing first.
PYTHON ?= python3
CONTROL_PLANE ?= embedded
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
REQUIREMENTS := requirements.txt infra/local/requirements.txt tests/requirements.txt

.PHONY: help demo lab test test-walk test-lab control-plane test-cluster test-every-call test-terraform check bench bench-cluster bench-argo clean
.DELETE_ON_ERROR:

# The tests start hundreds of processes: what one has compiled, the others need not.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make demo   a good and a bad release in the lab, watched; then everything is stopped"
	@echo "make lab    the lab, left running until Ctrl-C"
	@echo "            both on Kubernetes' and Istio's own programs: CONTROL_PLANE=real"
	@echo "make test   every test that needs no cluster"
	@echo "make control-plane  what the next one needs of Kubernetes, Istio and Knative: found, or built"
	@echo "make test-cluster   every test that needs a real control plane"
	@echo "make test-every-call  the stop and the race test on it, whole, in half an hour; the last one plays a share"
	@echo "make test-terraform  infra/cloudrun with Terraform and Google's provider, which is built first"
	@echo "make check  format, lint, types, and the arrows between the rooms"
	@echo "make bench  what a pass costs"
	@echo "make bench-cluster  what it costs on a real control plane, beside what others cost"
	@echo "make bench-argo  what Argo Rollouts costs there, on this machine; it is built first"
	@echo "make clean  removes the virtual environment and the lab's folder"

demo: $(STAMP)
	@$(BIN)/python -m infra.local.demo --control-plane $(CONTROL_PLANE)

lab: $(STAMP)
	@$(BIN)/python -m infra.local.playground --control-plane $(CONTROL_PLANE)

# Tracing makes the others three times as slow: what is traced is alone. The lab's are mostly waited for, and the walk
# takes what they leave of the processors.
test: $(STAMP)
	$(BIN)/pytest tests/domain -m 'not lab and not walk and not cluster and not terraform' -n 2 --cov --cov-report=
	$(BIN)/coverage report --include='shared/domain/*' --skip-covered --show-missing --fail-under=100
	$(BIN)/pytest --ignore tests/domain -m 'not lab and not walk and not cluster and not terraform' -n 4 --dist worksteal
	@$(MAKE) --no-print-directory -j 2 test-walk test-lab

test-walk: $(STAMP)
	nice -n 19 $(BIN)/pytest tests/domain -m walk

test-lab: $(STAMP)
	$(BIN)/pytest -m lab -n 4 --dist loadfile --no-loadscope-reorder

control-plane: $(STAMP)
	@$(BIN)/python -m infra.local.controlplane

# What is counted of a hundred and of a thousand canaries needs the processors: it is alone.
test-cluster: control-plane
	$(BIN)/pytest tests/cluster --ignore tests/cluster/scale -m cluster -n 3 --no-loadscope-reorder
	$(BIN)/pytest tests/cluster/scale -m cluster

# As many processes as there are processors: each has an API server of its own.
test-every-call: control-plane
	$(BIN)/pytest tests/cluster/test_stops.py tests/cluster/test_races.py --every-call -n auto

test-terraform: $(STAMP)
	@$(BIN)/python -m infra.local.controlplane terraform-provider-google
	$(BIN)/pytest tests/infra -m terraform

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	@$(BIN)/python -m infra.local.bench

bench-cluster: control-plane
	@$(BIN)/python -m infra.local.bench.cluster

bench-argo: control-plane
	@$(BIN)/python -m infra.local.bench.cluster.argo

clean:
	rm -rf $(VENV) .lab .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(STAMP): $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; another one is chosen by: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv is missing. Debian, Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV): about a minute, 600 MB"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check -r tests/requirements.txt
	@touch $@
