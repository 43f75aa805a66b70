# Parley. `make` lists the targets. Go and make are all that is needed;
# `make race` also needs a C compiler. Go fetches modules and tools by itself.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO   ?= go
TOOL := $(GO) tool -modfile=tools/go.mod

# The comparison with rivals is a module of its own.
RIVALS := bench/baselines

# What is tested is what is shipped: a static program without cgo.
export CGO_ENABLED ?= 0

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

TESTTIME  ?= 10m
TESTFLAGS ?= -shuffle=on -parallel 4 -timeout $(TESTTIME)
PKG       ?= ./...

FUZZTIME  ?= 10s
KILLS     ?= 50
BUGS      ?=
ACKS      ?= 5000
KILLFOR   ?= 40m
KILL_DIR  ?= .cache/kill
KILL_OUT  ?= .cache/kill.jsonl
HISTORIES ?= 200
HISTORYOPS ?= 20
HISTORY_OUT ?= .cache/histories.jsonl
PARTS     ?=
EVIDENCE_FOR ?= 45m
RUN       ?= .
COVER_OUT ?= .cache/cover.out
BLEEDROUNDS ?= 400
NGINX     ?= nginx
PROXYCASES ?= 5000
MIRROR    ?= 30000
BENCH     ?= .
BENCHTIME ?= 1s
COUNT     ?= 1
ROUNDS    ?= 6
REF       ?=
OLD       ?=
NEW       ?=
RIVALSARGS ?=
BENCHARGS  = -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) -count $(COUNT) -timeout 60m
RESULT    ?= bench/results/$(shell date -u +%Y-%m-%d)-$(VERSION).txt
BENCH_OUT ?= bench/results/suite
BENCH_APPOINTMENTS ?= 1000000

REVIEWERS ?= 5000

SEED  ?= 0
SEEDS ?= 200
STEPS ?= 500
SIM_OUT   ?= .cache/sim.jsonl
SCENARIOS ?= 200
CRASH_OUT ?= .cache/crash.jsonl
CORRUPTION_OUT ?= .cache/corruption.jsonl
ERRORS    ?= 20

DEMO_LISTEN ?= 127.0.0.1:8080
DECK_LISTEN ?= 127.0.0.1:8081
DECK_CLOCK  ?= 2020-05-15T09:00:00-04:00

##@ Use

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## Build bin/parley, static and without local paths in it
	$(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/parley ./cmd/parley

.PHONY: run
run: build ## Serve a generated demo roster on http://127.0.0.1:8080
	bin/parley serve --demo=national --data .cache/national --listen $(DEMO_LISTEN)

.PHONY: run-deck
run-deck: build ## Serve the worked example of May 2020 on http://127.0.0.1:8081
	bin/parley serve --demo=deck --data .cache/deck --listen $(DECK_LISTEN) --sandbox-clock $(DECK_CLOCK)

##@ Test

.PHONY: test
test: ## Run every test (PKG=./slots/... for one room)
	$(GO) test $(TESTFLAGS) $(PKG)

.PHONY: check
check: lint test ## All that a change must pass: lint, house rules, tests

.PHONY: race
race: TESTTIME = 40m
race: ## Run every test under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race $(TESTFLAGS) $(PKG)

# Store and receipts are kept in KILL_DIR (.cache/kill) and gone on with; each part takes at most KILLFOR and a
# check of everything. 200 kills with 5000 writes each take an hour or two of an idle machine.
.PHONY: kill
kill: ## Kill the server KILLS (50) times under load, ACKS (5000) writes each, and check every receipt
	@mkdir -p '$(KILL_DIR)'
	$(GO) test -count=1 -v -timeout 0 -run '^TestKillUnderLoad$$' ./cmd/parley -kill.rounds=$(KILLS) -kill.acks=$(ACKS) \
	  -kill.for=$(KILLFOR) -kill.dir='$(abspath $(KILL_DIR))' -kill.out='$(abspath $(KILL_OUT))'

# A history that .cache/histories.jsonl has is not recorded again; one that cannot be explained is drawn.
.PHONY: histories
histories: ## Record HISTORIES (200) histories of clients on the same slots, some with kills, and check them
	@mkdir -p .cache/histories
	$(GO) test -count=1 -v -timeout 0 -run '^TestHistor' ./cmd/parley -history.count=$(HISTORIES) -history.ops=$(HISTORYOPS) \
	  -history.out='$(abspath $(HISTORY_OUT))' -history.keep='$(abspath .cache/histories)'

# A result in SIM_OUT is not worked out again: 20000 seeds can be had in parts.
.PHONY: sim
sim: ## Simulate engine, recovery and disk under faults (SEEDS=200 STEPS=500 commands each, or SEED=n twice)
	@mkdir -p .cache
	GOGC=400 $(GO) test -count=1 -v -run '^TestSim$$' -timeout 0 -parallel 2 ./persist/simlog \
	  -sim.seed=$(SEED) -sim.seeds=$(SEEDS) -sim.commands=$(STEPS) -sim.out='$(abspath $(SIM_OUT))'

# Images of failures are kept in .cache/crash, with the operations that led to them.
.PHONY: crash
crash: ## Cut the power at every disk operation of SCENARIOS (200), fail each one of ERRORS (20)
	@mkdir -p .cache/crash
	$(GO) test -count=1 -v -run '^Test(Crash|Error)Loop$$' -timeout 0 -parallel 2 ./persist \
	  -crash.scenarios=$(SCENARIOS) -crash.errors=$(ERRORS) -crash.out='$(abspath $(CRASH_OUT))' -crash.keep='$(abspath .cache/crash)'

# What a store came to that CORRUPTION_OUT has is not tried again.
.PHONY: corruption
corruption: ## Damage stores in every way, one bit in each 64 bytes included: whole or refused, never less
	@mkdir -p .cache
	$(GO) test -count=1 -v -run '^TestSpoiled$$' -timeout 0 ./persist -spoil.every=1 -spoil.out='$(abspath $(CORRUPTION_OUT))'

.PHONY: test-rivals
test-rivals: ## Run the comparison with rivals once, small, as a test
	cd $(RIVALS) && $(GO) test $(TESTFLAGS) ./...

.PHONY: bleed
bleed: ## Look for bytes of one client in another's answers (BLEEDROUNDS=400)
	$(GO) test -count=1 -v -timeout 60m -run '^TestNothingBleeds' ./server -bleed.rounds=$(BLEEDROUNDS)

.PHONY: canary
canary: ## Look for personal data in all that an encrypted server leaves behind
	$(GO) test -count=1 -v -timeout 30m -run '^TestCanary$$' ./cmd/parley -canary.deep

.PHONY: mirror
mirror: ## Ask a server with two payers and one for each alone the same, MIRROR (30000) requests: the answers are the same
	$(GO) test -count=1 -v -timeout 0 -parallel 2 -run '^TestMirroredTraffic$$' ./server -mirror.requests=$(MIRROR)

.PHONY: test-proxy
test-proxy: ## Compare the front filter with a real nginx (NGINX=nginx PROXYCASES=5000)
	$(GO) test -count=1 -v -timeout 20m -run '^TestProxy' ./server -proxy.nginx=$(NGINX) -proxy.cases=$(PROXYCASES)

.PHONY: planted
planted: ## Plant bugs one by one and see each caught by its test (BUGS=1,5; docs/planted.md)
	@mkdir -p .cache
	$(GO) run ./cmd/planted -go '$(GO)' -bugs '$(BUGS)' | tee .cache/planted.jsonl

.PHONY: cover
cover: ## Run every test and report coverage per function and in total
	@mkdir -p .cache
	$(GO) test $(TESTFLAGS) -coverpkg=./... -coverprofile=.cache/cover.out $(PKG)
	$(GO) tool cover -func=.cache/cover.out | tee .cache/cover.txt | tail -n 1
	@echo "per function: .cache/cover.txt"

# Go before 1.27 at times takes the end of FUZZTIME for a failure (go.dev/issue/75804): that alone is run again, twice at most.
.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (10s)
	@mkdir -p .cache
	@said=$$(mktemp .cache/fuzz.XXXXXX); trap 'rm -f "$$said"' EXIT; \
	$(GO) test -list '^Fuzz' $(PKG) \
	| awk '/^Fuzz/ {names = names " " $$1} /^ok / {n = split(names, a, " "); for (i = 1; i <= n; i++) print $$2, a[i]; names = ""}' \
	| while read -r pkg target; do \
	    for again in 2 1 0; do \
	      echo "== $$pkg $$target"; \
	      if $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "$$pkg" </dev/null 2>&1 | tee "$$said"; then break; fi; \
	      [[ $$again -gt 0 ]] && grep -qxE ' +context deadline exceeded' "$$said" && ! grep -q 'Failing input' "$$said" || exit 1; \
	    done; \
	  done

# Steps that are done on this code are not done again. The whole takes some six hours of two idle cores.
.PHONY: evidence
evidence: ## Run what is left of all proofs for EVIDENCE_FOR (45m) and write docs/evidence.md (PARTS=sim,kill; EVIDENCE_FOR=0: only write)
	$(GO) run ./cmd/evidence -parts '$(PARTS)' -for $(EVIDENCE_FOR) -make '$(MAKE)' -go '$(GO)'

.PHONY: evidence-tests
evidence-tests:
	$(GO) test -count=1 -v -timeout 60m -run '$(RUN)' $(PKG)

.PHONY: evidence-cover
evidence-cover:
	$(GO) test -count=1 -timeout 60m -coverpkg=./engine/...,./matcher/...,./slots/...,./persist/...,./server/... -coverprofile='$(COVER_OUT)' ./engine/... ./matcher/... ./slots/... ./persist/... ./server/...

##@ Lint

.PHONY: lint
lint: fmt-check vet staticcheck golangci house ## Everything in check but the other tests

.PHONY: fmt
fmt: ## Format the Go code
	gofmt -w .

.PHONY: fmt-check
fmt-check:
	@bad=$$(gofmt -l .); if [ -n "$$bad" ]; then echo "not formatted (make fmt):"; echo "$$bad"; exit 1; fi

.PHONY: vet
vet:
	$(GO) vet ./...
	cd $(RIVALS) && $(GO) vet ./...

.PHONY: staticcheck
staticcheck:
	$(TOOL) staticcheck ./...
	cd $(RIVALS) && $(GO) tool -modfile=../../tools/go.mod staticcheck ./...

.PHONY: golangci
golangci:
	$(TOOL) golangci-lint run
	cd $(RIVALS) && $(GO) tool -modfile=../../tools/go.mod golangci-lint run

.PHONY: house
house: ## Run the house rules alone
	$(GO) test -count=1 -run '^TestHouse' ./cmd/parley

.PHONY: tidy-check
tidy-check: ## Fail if go.mod or go.sum is not tidy
	$(GO) mod tidy -diff
	cd tools && $(GO) mod tidy -diff
	cd $(RIVALS) && $(GO) mod tidy -diff

##@ Ship

.PHONY: ops-check
ops-check: build ## Check the rules, dashboard, unit and proxy of deploy/ (needs promtool)
	@mkdir -p .cache/ops
	$(GO) test -count=1 -run '^Test(DeployedExpressions|Dashboard|Runbooks|OperationsTables)$$' ./cmd/parley -deploy.exprs=$(CURDIR)/.cache/ops/dashboard.yml
	deploy/check.sh .cache/ops

# The tool asks the proxy for the main module, which it finds here: it is kept from it.
.PHONY: sbom
sbom: build ## Write bin/parley.cdx.json: every module in bin/parley, its hash and licence (CycloneDX)
	GOPROXY=off $(TOOL) cyclonedx-gomod bin -json -std -licenses -assert-licenses -noserial -notimestamp \
	  -version '$(VERSION)' -output bin/parley.cdx.json bin/parley
	@$(GO) version -m bin/parley | awk '$$1 == "dep" {print $$2 "@" $$3}' | while read -r module; do \
	  grep -qF "pkg:golang/$$module?" bin/parley.cdx.json || { echo "sbom: $$module is missing"; exit 1; }; done
	@echo "wrote bin/parley.cdx.json"

.PHONY: reproducible
reproducible: ## Build twice, in two folders and the second time without any cache, and compare
	@rm -rf .cache/repro && mkdir -p .cache/repro/a .cache/repro/another/place
	@for place in a another/place; do git ls-files -z | tar -c --null -T - | tar -x -C .cache/repro/$$place; done
	$(MAKE) --no-print-directory -C .cache/repro/a build VERSION='$(VERSION)'
	TZ=Pacific/Apia LC_ALL=C GOCACHE=$(CURDIR)/.cache/repro/cache $(MAKE) --no-print-directory -C .cache/repro/another/place build VERSION='$(VERSION)'
	cmp .cache/repro/a/bin/parley .cache/repro/another/place/bin/parley
	@sha256sum .cache/repro/a/bin/parley
	@rm -rf .cache/repro

##@ Measure

.PHONY: bench
bench: build ## Run the load suite and write BENCH_OUT: figures, plots, report (some ten minutes)
	bin/parley bench run national --size 500,5000 --rate 50,100,200,400 --duration 5s --out $(BENCH_OUT)
	bin/parley bench run national --target http --rate 50,100,200,400 --duration 5s --out $(BENCH_OUT)
	bin/parley bench run search-heavy --target http --loop closed --clients 1,4,16,64 --duration 5s --out $(BENCH_OUT)
	bin/parley bench run mixed --target http --rate 200 --out $(BENCH_OUT)
	bin/parley bench run morning-peak --target http --out $(BENCH_OUT)
	bin/parley bench run scarce-texas --target http --rate 50 --out $(BENCH_OUT)
	bin/parley bench run hold-storm --target http --out $(BENCH_OUT)
	bin/parley bench run bookings --target http --clients 1,16,64,256 --warmup 1s --duration 4s --count 320000 --out $(BENCH_OUT)
	bin/parley bench run replay --count 1000,10000,100000 --out $(BENCH_OUT)
	bin/parley bench run growth --out $(BENCH_OUT)
	bin/parley bench run figures --count $(BENCH_APPOINTMENTS) --out $(BENCH_OUT)
	bin/parley bench report $(BENCH_OUT)

.PHONY: overload
overload: build ## Ask 0.8 to 5 times what the server can do, server and generator on a core each
	bin/parley bench run overload --out $(BENCH_OUT)

.PHONY: bench-profile
bench-profile: build ## Profile the served process under a closed loop of searches and list where the time goes
	@mkdir -p .cache
	bin/parley bench run search-heavy --target http --loop closed --clients 64 --duration 15s --cpu-profile .cache/search.pprof
	$(GO) tool pprof -top -cum -nodecount 60 .cache/search.pprof

.PHONY: callgrind
callgrind: ## Count instructions of one search and one booking (REVIEWERS=5000; needs valgrind)
	GO='$(GO)' REVIEWERS='$(REVIEWERS)' bench/callgrind.sh

.PHONY: bench-go
bench-go: ## Run the Go benchmarks (BENCH=regexp BENCHTIME=1s COUNT=1)
	$(GO) test $(BENCHARGS) $(PKG)

.PHONY: bench-record
bench-record: COUNT = 6
bench-record: ## Run the benchmarks six times and keep the figures under bench/results
	@mkdir -p $(dir $(RESULT))
	@{ echo "version: $(VERSION)"; \
	   echo "date: $$(date -u +%Y-%m-%dT%H:%M:%SZ)"; \
	   echo "go: $$($(GO) env GOVERSION)"; \
	   echo "kernel: $$(uname -sr)"; \
	   echo "cores: $$(getconf _NPROCESSORS_ONLN)"; \
	   echo "memory-kib: $$(awk '/^MemTotal/ {print $$2}' /proc/meminfo 2>/dev/null || echo unknown)"; \
	   echo "load-before: $$(uptime | sed 's/.*average[s]*: //')"; } | tee $(RESULT)
	$(GO) test $(BENCHARGS) $(PKG) | grep -v 'no test files' | tee -a $(RESULT)
	@echo "wrote $(RESULT)"

.PHONY: bench-compare
bench-compare: ## Compare with a git revision (REF=main ROUNDS=6), or two recorded runs (OLD=file NEW=file)
	@if [ -n "$(REF)" ]; then \
	  GO='$(GO)' BENCH='$(BENCH)' BENCHTIME='$(BENCHTIME)' ROUNDS='$(ROUNDS)' PKG='$(PKG)' bench/compare.sh '$(REF)'; \
	elif [ -n "$(OLD)" ] && [ -n "$(NEW)" ]; then $(TOOL) benchstat $(OLD) $(NEW); \
	else echo 'name a revision (REF=main) or two recorded runs (OLD=file NEW=file)' >&2; exit 2; fi

.PHONY: bench-rivals
bench-rivals: build ## Compare with PostgreSQL, Redis, Pebble, … into BENCH_OUT (RIVALSARGS=; some ten minutes)
	cd $(RIVALS) && $(GO) run . -parley ../../bin/parley -cache ../../.cache/rivals -out '$(abspath $(BENCH_OUT))' -revision '$(VERSION)' $(RIVALSARGS)
	bin/parley bench report $(BENCH_OUT)

.PHONY: bench-targets
bench-targets: build ## Put the table of measured targets of BENCH_OUT into docs/performance.md
	@mkdir -p .cache
	@bin/parley bench report --targets $(BENCH_OUT) | sed '/^## Targets/d' > .cache/targets.md
	@awk '/^<!-- measured targets -->/ {print; while ((getline line < ".cache/targets.md") > 0) print line; print ""; skip = 1} \
	  /^<!-- end of measured targets -->/ {skip = 0} !skip && !/^<!-- measured targets -->/' docs/performance.md > .cache/performance.md
	@mv .cache/performance.md docs/performance.md

##@ Rest

.PHONY: clean
clean: ## Remove built programs, demo stores and scratch
	rm -rf bin .cache
