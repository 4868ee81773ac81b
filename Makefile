# Two commands do everything: `make demo` and `make test`. Both install what is missing from Debian's packages first.
SHELL := /bin/bash
PACKAGES := postgresql-15 postgresql-15-partman default-jdk-headless libpostgresql-jdbc-java
BENCH_PACKAGES := pgbouncer haproxy
CARGO := cargo
export CARGO_TERM_COLOR ?= auto

.PHONY: demo test build deps bench-deps bench fmt lint doc unit twin fuzz clean

demo: deps
	$(CARGO) build --release --locked
	./target/release/esclusa demo

test: deps fmt lint doc unit

build:
	$(CARGO) build --release --locked

# What a package provides is looked for first, so that nothing is asked of the network where all is there.
deps:
	@missing=""; for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; $(MAKE) --no-print-directory install WHAT="$$missing"; fi

bench-deps: deps
	@missing=""; for p in $(BENCH_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; $(MAKE) --no-print-directory install WHAT="$$missing"; fi

install:
	@sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	$$sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -q --no-install-recommends $(WHAT)

fmt:
	$(CARGO) fmt --check

lint:
	$(CARGO) clippy --locked --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

unit:
	$(CARGO) test --locked

# New seeds against both sides of a session, for FUZZ_SECONDS; a failure names its seed.
FUZZ_SECONDS ?= 300
fuzz: deps
	ESCLUSA_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --release --locked --test wire fuzz:: -- --nocapture

# The relay beside a direct connection, PgBouncer and HAProxy; then the rewriter by criterion.
bench: bench-deps
	$(CARGO) build --release --locked
	$(CARGO) bench --locked --bench rewrite
	$(CARGO) bench --locked --bench relay

clean:
	$(CARGO) clean
