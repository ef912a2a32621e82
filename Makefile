# What a developer does, a verb each. `make` lists them.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null)
OUT     ?= bin/parley
FUZZ    ?= 30s

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

.PHONY: run
run: ## start a server on port 8888
	$(GO) run ./cmd/parley serve

.PHONY: build
build: ## build bin/parley
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false \
	  -ldflags '-s -w -X main.release=$(VERSION) -X main.commit=$(COMMIT)' -o $(OUT) ./cmd/parley

.PHONY: release
release: ## programs, archives and Debian packages into dist/
	VERSION='$(VERSION)' COMMIT='$(COMMIT)' packaging/release.sh

# The race detector, if there is a C compiler to link it: make needs may install one before this
# is used.
RACE = $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)

.PHONY: test
test: duration needs vet ## everything: vet on three systems, all tests with the race detector
	$(GO) test $(RACE) -shuffle=on -timeout 9m ./...

.PHONY: duration
duration: # how long make test takes
	@echo "make test takes some 5 minutes on two cores, and 3 more to compile everything at first"

.PHONY: flaky
flaky: ## every test of PACKAGES (./...) alone, COUNT (50) times: which of them depend on luck
	COUNT=$(COUNT) RACE=$(RACE) GO=$(GO) test/flaky.sh $(PACKAGES)
flaky: COUNT ?= 50

.PHONY: vet
vet: ## go vet for Linux, macOS and Windows
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	$(GO) test -tags portable ./door/udp/...

.PHONY: lint
lint: ## staticcheck, gofumpt, and the English of the lines that changed since BASE (HEAD~1)
	@tools/prose.sh
	$(GO) tool -modfile=tools/go.mod staticcheck ./...
	@unformatted=$$($(GO) tool -modfile=tools/go.mod gofumpt -l .); test -z "$$unformatted" || { echo "gofumpt -w: $$unformatted"; exit 1; }

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZ (30s)
	@for package in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ) $$package || exit 1; \
	  done; \
	done

.PHONY: torture
torture: ## kill -9 a talking server ROUNDS (1000) times and look for what is lost; ten thousand connections
	TORTURE_ROUNDS=$(ROUNDS) $(GO) test -count=1 -timeout 3h -run '^TestKilledServersLoseNothingThatWasSeen|^TestTenThousandAndOneMore$$' -v ./test
torture: ROUNDS ?= 1000

.PHONY: bench
bench: ## compare with a plain forwarding loop and bare SQLite, ROUNDS (3) times; writes docs/bench
	$(GO) run ./bench/compare -rounds $(ROUNDS)
bench: ROUNDS ?= 3

.PHONY: bench-peers
bench-peers: ## compare with InspIRCd, ngIRCd, NATS and a floor, ROUNDS (3) times; writes docs/bench/peers.md
	@bench/peers/needs.sh
	$(GO) run ./bench/peers -rounds $(ROUNDS)
bench-peers: ROUNDS ?= 3

.PHONY: cover
cover: ## which lines the tests reach, as cover.html
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./... && $(GO) tool cover -html=cover.out -o cover.html

.PHONY: needs
needs: # what the tests use besides Go, where Debian's packages can be had
	@test/needs.sh
