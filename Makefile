# Each target is one command; the details are in scripts/, .ci/run and internal/repotest.
SHELL    := bash
FUZZTIME ?= 100
SOAKTIME ?= 10m
BENCH    ?= .
SEED     ?= 7
CASES    ?= 1000
export GOWORK := off

# In CI, a missing browser or server is a failure, not a skip.
ifeq ($(CI),true)
export CORSAC_REQUIRE_BROWSERS := 1
export CORSAC_REQUIRE_SERVERS := 1
endif

.PHONY: help build wasm playground test ci lint fmt fuzz bench bench-gateway gateway-behaviour bench-dev dev-peers startup bench-go engines live devtools golden record pairs soak rehearse release dist
.DEFAULT_GOAL := help

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: playground ## build the program as bin/corsac, with the playground
	go build -C cmd/corsac -o ../../bin/corsac .

wasm: ## build the engine for JavaScript as bin/corsac.wasm
	@# HTTP/2 of net/http is left out: the engine speaks none.
	GOOS=js GOARCH=wasm go build -trimpath -tags=nethttpomithttp2 -ldflags='-s -w' -o bin/corsac.wasm ./cmd/corsac-wasm
	cp -f "$$(go env GOROOT)/lib/wasm/wasm_exec.js" bin/
	@printf 'corsac.wasm: %d bytes\n' "$$(wc -c <bin/corsac.wasm)"

playground: wasm ## put the engine into the program that is built next, with its compressed size
	go run -C cmd/corsac ./internal/inspector/playground/engine/pack ../../bin internal/inspector/playground/engine/built

test: ## test every module, with the race detector
	@scripts/each go test -race -shuffle=on ./...

ci: ## run everything that CI runs (about 25 minutes)
	@.ci/run

lint: bin/golangci-lint ## lint every module
	@scripts/each $(CURDIR)/bin/golangci-lint run --config $(CURDIR)/.golangci.yml ./...

fmt: bin/golangci-lint ## format every module
	@scripts/each $(CURDIR)/bin/golangci-lint fmt --config $(CURDIR)/.golangci.yml ./...

fuzz: ## fuzz all targets, for equal parts of FUZZTIME (100 seconds)
	@scripts/fuzz $(FUZZTIME)

bench: ## measure the middleware beside its peers, as in docs/benchmarks.md
	@go run -C bench .

bench-gateway: ## measure corsac serve beside nginx, HAProxy, Caddy, Traefik if installed and a ReverseProxy (needs Linux)
	@go run -C bench ./gateway

gateway-behaviour: ## compare what gateways do with the same requests (needs Linux, nginx, HAProxy, Caddy and Traefik), for docs/behaviour.md
	@go run -C bench ./gateway -behaviour -update

bench-dev: ## measure corsac dev beside Vite and http-proxy-middleware (needs Linux and npm)
	@npm ci --prefix bench/devproxies --no-audit --no-fund
	@go run -C bench/devproxies . -overhead

dev-peers: ## compare corsac dev with other development proxies row by row (needs Linux and npm), for docs/dev.md
	@npm ci --prefix bench/devproxies --no-audit --no-fund
	@go run -C bench/devproxies . -update

startup: ## measure a whole corsac check of one URL beside curl (needs curl)
	@go run -C bench ./startup

engines: ## score jsdom, happy-dom and Node.js on the recording (needs npm), for docs/conformance.md
	@npm ci --prefix bench/engines --no-audit --no-fund
	@go run -C conformance ./engines
	@go test -C conformance -run '^TestAgreement$$' -update .

live: ## start real servers with generated configurations, fixes and snippets; print the matrix (UPDATE=-update writes it; needs npm and the packages of .ci/run)
	@npm ci --prefix cmd/corsac/internal/stacks/testdata/npm --no-audit --no-fund
	@CORSAC_LIVE=1 CORSAC_REQUIRE_SERVERS=1 go test -C cmd/corsac -count=1 -run '^TestLive$$' ./internal/stacks
	@CORSAC_LIVE=1 go test -C cmd/corsac -count=1 -v -timeout 30m ./internal/live
	@CORSAC_LIVE=1 CORSAC_REQUIRE_BROWSERS=1 CORSAC_REQUIRE_SERVERS=1 go test -C cmd/corsac -count=1 -v -timeout 30m ./internal/live/matrix $(UPDATE)
	@go test -C bench -count=1 ./deployed

devtools: ## regenerate, as test data, what the developer tools of Chromium and Firefox copy and export
	@go run -C conformance ./devtools

bench-go: ## run the benchmarks of every module (BENCH=regexp)
	@scripts/each go test -run "^$$$$" -bench "$(BENCH)" -benchmem ./...

golden: ## rewrite the golden files; read the diff before you commit it
	@scripts/golden

record: ## record live browsers into conformance/testdata again (SEED=7 CASES=1000 BROWSER=chromium|firefox, both without), and compare
	cd conformance && go test -count=1 -v -timeout 40m -run '^TestLive$$' ./record -seed $(SEED) -cases $(CASES) -browser '$(BROWSER)' -patience 20m -write ../testdata
	cd conformance && go test -count=1 -v -timeout 40m -run '^TestLive$$/^$(BROWSER)' ./after -seed $(SEED) -cases $(CASES) -patience 20m -write

pairs: ## compare 100,000 policies, each with a request, with what the engine enforces (SEED=7)
	@go test -C conformance -race -count=1 -v ./meaning -seed $(SEED) -pairs 100000

soak: ## run the TestSoak tests for SOAKTIME (10m) each; then those of corsac serve without the race detector, with figures
	@CORSAC_SOAK=$(SOAKTIME) scripts/each go test -race -count=1 -timeout 0 -run '^TestSoak' ./...
	@CORSAC_SOAK=$(SOAKTIME) go test -C cmd/corsac -count=1 -timeout 0 -v -run '^TestSoak' .

rehearse: ## release version 0.0.1 in a throw-away clone and install it from there
	CORSAC_REHEARSE=1 go test -count=1 -v -run '^TestRelease' ./internal/repotest

release: ## make the release commits and tags of V=x.y.z, only locally; prints how to publish
	@scripts/release '$(V)'

dist: playground ## pack the program for six platforms and npm into dist/ (V=x.y.z)
	@scripts/dist '$(V)'

bin/golangci-lint: tools/go.mod tools/go.sum
	go build -C tools -o ../bin/ tool
