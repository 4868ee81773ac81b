# Two commands do everything: `make demo` and `make test`. Both install what is missing from Debian's packages first.
SHELL := /bin/bash
# A linker for Rust, and the server.
PACKAGES := gcc libc6-dev postgresql-15 postgresql-15-partman
# Real clients for the tests.
TEST_PACKAGES := default-jdk-headless libpostgresql-jdbc-java python3-psycopg nodejs openssl
# node-postgres and what it is made of, all JavaScript. They are unpacked and not installed, because they ask for Debian's own nodejs,
# which would replace one that is here already.
NODE_PACKAGES := node-pg node-split2 node-readable-stream node-safe-buffer node-string-decoder node-process-nextick-args \
	node-util-deprecate node-inherits node-isarray node-core-util-is
NODE_PG := target/debian/usr/share/nodejs/pg
# Of the package prometheus one program alone, to test the alerts: installed, the package would start a service.
PROMTOOL := target/debian/usr/bin/promtool
ORACLE_PACKAGES := libclang-dev dpkg-dev
N ?= 10000
SEED ?= 1
FIRST ?= 0
BENCH_PACKAGES := pgbouncer haproxy
CARGO := cargo
ORACLE := $(CURDIR)/target/oracle
export CARGO_TERM_COLOR ?= auto

.PHONY: demo test build package deps test-deps bench-deps install bench fmt lint doc unit regress twin oracle oracle-deps fuzz messages soak load recording clean

demo: deps
	$(CARGO) build --release --locked
	./target/release/esclusa demo

test: test-deps $(NODE_PG) $(PROMTOOL) fmt lint doc unit

build:
	$(CARGO) build --release --locked

# The program for a server: without the demo, its data and its judge.
package:
	$(CARGO) build --release --locked --no-default-features

# What a package provides is looked for first, so that nothing is asked of the network where all is there.
deps:
	@missing=""; for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; $(MAKE) --no-print-directory install WHAT="$$missing"; fi

test-deps: deps
	@missing=""; for p in $(TEST_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; $(MAKE) --no-print-directory install WHAT="$$missing"; fi

$(NODE_PG):
	@echo "unpacking node-pg into target/debian"; mkdir -p target/debian/packages; cd target/debian/packages && \
	{ apt-get download -q $(NODE_PACKAGES) || { apt-get update -q && apt-get download -q $(NODE_PACKAGES); }; } && \
	for package in *.deb; do dpkg -x $$package ..; done

$(PROMTOOL):
	@echo "unpacking promtool into target/debian"; mkdir -p target/debian/prometheus; cd target/debian/prometheus && \
	{ apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }; } && \
	for package in *.deb; do dpkg --fsys-tarfile $$package | tar x -C .. ./usr/bin/promtool; done; touch ../usr/bin/promtool

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
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items

unit:
	$(CARGO) test --locked

# PostgreSQL's own regression scripts, directly and through the proxy. The scripts come from Debian's source package.
regress: deps target/regress/sql
	ESCLUSA_REGRESS=$(CURDIR)/target/regress $(CARGO) test --locked --test regress -- --ignored --nocapture

target/regress/sql:
	tests/regress/fetch target/regress

# N generated statements on both sides, repeatable by SEED; FIRST=n N=1 runs one of them again. VIEWS=1 leaves the views under the legacy
# names, EXTREME=1 takes the generator's worst data.
twin: deps
	ESCLUSA_TWIN_N=$(N) ESCLUSA_TWIN_SEED=$(SEED) ESCLUSA_TWIN_FIRST=$(FIRST) ESCLUSA_TWIN_VIEWS=$(VIEWS) ESCLUSA_TWIN_EXTREME=$(EXTREME) \
	    $(CARGO) test --locked --release --test generated -- --nocapture

# New seeds against both sides of a session, for FUZZ_SECONDS; a failure names its seed.
FUZZ_SECONDS ?= 300
fuzz: deps
	ESCLUSA_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --release --locked --test wire fuzz:: -- --nocapture

# N protocol messages in random sequences, legal and not, directly and through the proxy, repeatable by SEED; FIRST=n N=1 plays one sequence again.
messages: deps
	ESCLUSA_MESSAGES_N=$(N) ESCLUSA_MESSAGES_SEED=$(SEED) ESCLUSA_MESSAGES_FIRST=$(FIRST) \
	    $(CARGO) test --release --locked --test wire sequences:: -- --nocapture

# Sessions of every kind for SOAK_SECONDS, and what an idle connection costs; afterwards nothing may be left.
SOAK_SECONDS ?= 300
soak: deps
	ESCLUSA_SOAK_SECONDS=$(SOAK_SECONDS) $(CARGO) test --release --locked --test wire memory:: -- --nocapture --test-threads 1

# All waves there, back, and there again, while CLIENTS clients work through three proxies and one around them. Each waits PAUSE milliseconds
# between two transactions: with none, the clients fill the processors, and their times are those of the queue for them.
CLIENTS ?= 16
ROWS ?= 200
PAUSE ?= 10
load: deps
	CLIENTS=$(CLIENTS) ROWS=$(ROWS) PAUSE=$(PAUSE) $(CARGO) test --release --locked --test load -- --ignored --nocapture

# STATEMENTS statements of CLIENTS clients over two proxies, without a fault and with every fault at once: what is recorded is the truth.
STATEMENTS ?= 1000000
recording: CLIENTS = 32
recording: deps
	STATEMENTS=$(STATEMENTS) CLIENTS=$(CLIENTS) \
	    $(CARGO) test --release --locked --test recording million:: -- --nocapture --test-threads 1

# The rewriter and the counting by criterion; the relay beside a direct connection, PgBouncer and HAProxy; statements on legacy names beside the legacy
# tables and the cast views; the audit trigger; the copying and the proof.
bench: bench-deps
	$(CARGO) build --release --locked
	$(CARGO) bench --locked --bench rewrite
	$(CARGO) bench --locked --bench counting
	$(CARGO) bench --locked --bench relay
	$(CARGO) bench --locked --bench passage
	$(CARGO) bench --locked --bench audit
	$(CARGO) bench --locked --bench migration

# Every statement of PostgreSQL's regression scripts and of our corpora, read by PostgreSQL's own grammar too (tests/oracle). The scripts
# come from Debian's source package; nothing of them is kept outside target/.
oracle: oracle-deps $(ORACLE)/scripts
	CARGO_TARGET_DIR=$(ORACLE) $(CARGO) run --release --manifest-path tests/oracle/Cargo.toml -- \
	    $(ORACLE)/scripts/*/src/test/regress/sql tests/twin tests/twin/corpora

oracle-deps:
	@missing=""; for p in $(ORACLE_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; $(MAKE) --no-print-directory install WHAT="$$missing"; fi

# The same sources that the machine installs from, as source packages. A security update may have left the archive: then the version
# of the release itself is taken.
$(ORACLE)/scripts:
	@rm -rf $@.new; mkdir -p $@.new/lists/partial; cd $@.new; \
	sed 's/^Types: deb$$/Types: deb-src/; s/^deb /deb-src /' $(wildcard /etc/apt/sources.list /etc/apt/sources.list.d/debian.*) > debian.sources; \
	grep -q '^Types:' debian.sources || mv debian.sources debian.list; \
	apt="-o Dir::Etc::sourcelist=$$PWD/$$(ls debian.*) -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists=$$PWD/lists"; \
	apt-get $$apt -q update && for v in $$(apt-cache $$apt showsrc postgresql-15 | sed -n 's/^Version: //p' | sort -rV); do \
	    apt-get $$apt -q source --download-only postgresql-15=$$v && break; done; \
	tar xjf postgresql-15_*.orig.tar.bz2 --wildcards '*/src/test/regress/sql/*'
	@mv $@.new $@

clean:
	$(CARGO) clean
