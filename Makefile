# `make` alone says what there is. Demo and dev need Go, Node, make and git; test installs its servers with apt-get.

.DEFAULT_GOAL := help
.PHONY: help setup build demo dev test test-short lint fmt fuzz bench

# What the daemons say as their version.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/longshore/longshore/internal/telemetry.Version=$(VERSION)

# Tests and tools never look for credentials on a cloud machine's metadata address.
export AWS_EC2_METADATA_DISABLED = true

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install the servers and tools that the tests need (nothing to do the second time)
	@scripts/install-servers.sh

build: ## Build producer, worker, longshore and devstack into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...
	go build -C devstack -trimpath -o ../bin/ ./cmd/...

demo: ## Run export and ingest once on embedded servers; SERVE=1 stays up afterwards
	@SERVE='$(SERVE)' scripts/demo.sh

dev: ## Run everything for development on embedded servers
	@scripts/dev.sh

test: setup ## Run every test against real servers; a skipped test is a failure
	@scripts/test.sh

test-short: ## Run the tests that need no server
	@scripts/test.sh -short

lint: ## Check format, vet and house rules
	@scripts/lint.sh

fmt: ## Format the Go code
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

FUZZTIME ?= 30s
JOBS ?= 1
fuzz: ## Run each fuzz target for FUZZTIME (30s), JOBS (1) at a time
	@JOBS='$(JOBS)' scripts/fuzz.sh $(FUZZTIME) $(FUZZ)

.PHONY: bench-micro
bench: setup ## Compare with what else could do the jobs, and write bench/README.md; ROWS=n REPEAT=n ONLY=export,diff JOB=name
	cd bench && BENCH_OUT="$$PWD" BENCH_ROWS='$(or $(ROWS),5000000)' BENCH_REPEAT='$(or $(REPEAT),3)' BENCH_GROUPS='$(ONLY)' BENCH_JOBS='$(JOB)' \
		go test -count=1 -timeout 3h -v -run '^TestSideBySide$$' ./sidebyside

BENCH ?= .
bench-micro: ## Run the benchmarks of single stages that match BENCH (all), also of other libraries
	for module in . bench bench/libs; do go test -C $$module -run '^$$' -bench '$(BENCH)' -benchmem ./...; done

.PHONY: prove-object prove-permissions prove-large
prove-object: setup ## Have four processes write an object of each format, and read it
	go test -count=1 -v -run '^TestEightPartsByFourProcessesAreOneObject$$' ./internal/daemon

prove-permissions: setup ## Write more than 2 GB with four permissions, and cancel it midway
	go test -count=1 -v -run '^TestMinimalPermissions' ./internal/daemon

prove-large: setup ## Ingest 5 GB of NDJSON and of CSV (or LONGSHORE_PROVE_BYTES) by workers with 512 MiB
	go test -count=1 -v -tags prove -timeout 60m -run '^TestLargeFilesInLittleMemory$$' ./internal/daemon

.PHONY: prove-commit
prove-commit: setup ## Kill the processes of inserts and diffs at each of their steps, and check what is left
	LONGSHORE_PROVE=1 go test -count=1 -v -parallel 8 -timeout 2h -run '^(TestACommitIsFinished|TestAPartIsDoneAgain|TestAKilled|TestTw)' ./internal/export
	LONGSHORE_PROVE=1 go test -count=1 -v -parallel 4 -timeout 1h -run '^TestAKilledProducerLeavesNoRunOfADiffHalfDone$$' ./internal/daemon

.PHONY: prove-diff
prove-diff: setup ## Diff 50 million rows (or LONGSHORE_PROVE_ROWS) by workers with 512 MiB
	go test -count=1 -v -tags prove -timeout 60m -run '^TestABigDiffInLittleMemory$$' ./internal/daemon

.PHONY: prove-diff-equal
prove-diff-equal: setup ## Compare 1536 runs in mode diff with FULL OUTER JOIN, killing workers; SEED=n repeats
	DIFF_EQUAL_SEED='$(or $(SEED),$(shell date +%s))' DIFF_EQUAL_TABLES=16 DIFF_EQUAL_ROUNDS=32 DIFF_EQUAL_KILLS=10 \
		go test -count=1 -timeout 40m -v -run '^TestDiffEqualsFullOuterJoin$$' ./internal/daemon

.PHONY: prove-storm
prove-storm: setup ## Ingest 10 million rows while workers are killed and every server fails; SEED=n repeats
	STORM_SEED='$(or $(SEED),$(shell date +%s))' STORM_FILES=200 STORM_ROWS=50000 STORM_KILL_MS=2000 \
		go test -count=1 -timeout 20m -v -run '^TestAKillStorm$$' ./internal/daemon

.PHONY: prove-values prove-corpora
prove-values: setup ## Read half a million random texts here and in ClickHouse; SEED=n repeats
	VALUES_ROUNDS='$(or $(ROUNDS),100)' VALUES_SEED='$(or $(SEED),$(shell date +%s))' \
		go test -count=1 -timeout 60m -v -run '^TestValuesEqualClickHouses$$' ./pkg/format/all

prove-corpora: ## Read every file below the folder CORPORA, and SPOIL=n spoilt copies of each
	LONGSHORE_SPOIL='$(or $(SPOIL),0)' LONGSHORE_CORPORA='$(abspath $(CORPORA))' go test -count=1 -tags prove -timeout 60m -v -run '^TestForeignCorpora$$' ./pkg/format/all

.PHONY: prove-listing
prove-listing: setup ## List 100,000 keys and compare them with a file ledger of as many, and print the producer's memory
	LONGSHORE_PROVE_KEYS=$(or $(KEYS),100000) go test -count=1 -v -timeout 60m -run '^TestAListingInLittleMemory$$' ./internal/daemon
