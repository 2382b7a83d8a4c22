# Shortcuts; cargo does the work. `make help` lists them.
.POSIX:
.PHONY: help run test clients deny load-cost load-spans load-memory load-collect load-scale load-overload load-parallel
.PHONY: load-durability load-kill load-longest-turns
.PHONY: bench bench-check bench-save bombs fuzz reference

help:
	@echo "make run           build for release and run with the built-in configuration"
	@echo "make run DEMO=1    the same, with the demo shop's traces sent to it"
	@echo "make run CONFIG=F  the same, with the configuration file F"
	@echo "make test          install what the tests need; check format and lints; run every test"
	@echo "make clients       install the SDKs of other languages that the tests run"
	@echo "make load-cost     measure what a request costs, of any size, over few connections and many, beside a receiver that drops it"
	@echo "make load-spans    measure what a span costs the server, beside receivers that drop, walk and decode it"
	@echo "make load-collect  measure what collecting a million series costs, and whether ingestion notices it"
	@echo "make load-overload send the server twice what it can take, and look at its memory, refusals, counts and recovery"
	@echo "make load-parallel measure how much more the server takes with two cores than with one"
	@echo "make load-memory   measure the memory of each half-edge that waits and of each label set of span metrics"
	@echo "make load-scale    measure whether the cost of a span grows with services, series and tenants"
	@echo "make load-longest-turns measure the longest turn of an actor when something concerns all of a million series"
	@echo "make load-durability measure what durable state costs: CPU time, held requests, epochs, starts, disk, memory"
	@echo "make load-kill     kill the server a hundred times under load, and look at what its store has seen and counted"
	@echo "make bench         measure how long each core of the pipeline takes for a span"
	@echo "make bench-check   count the instructions of each core; fails when one is 5 % worse than stored (needs valgrind)"
	@echo "make bench-save    count them, and store the counts"
	@echo "make bombs         hold the worst values of every OTLP field, 64 MiB each, against ordinary requests; takes an hour"
	@echo "make reference     write the tables of docs/configuration.md anew, from the schema"
	@echo "make fuzz          feed each parser that faces the network with made-up bytes, SECONDS=60 each (needs nightly, cargo-fuzz)"
	@echo "make deny          check licences, advisories and sources of dependencies (needs cargo-deny)"

run:
	cargo run --release -- $(if $(DEMO),demo) $(if $(CONFIG),--config $(CONFIG))

clients:
	scripts/install-clients.sh

test:
	scripts/install-test-packages.sh
	scripts/install-clients.sh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --workspace --locked

reference:
	cargo run --quiet --locked -p spangraph-config --example reference

deny:
	cargo deny --locked check

load-cost:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load requests $(ARGS)

load-spans:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load cost --span-bytes 600 $(ARGS)
	target/release/spangraph-load cost --span-bytes 340 $(ARGS)
	target/release/spangraph-load cost --span-bytes 600 --compression gzip $(ARGS)

load-collect:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load collect $(ARGS)

load-overload:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load overload --transport grpc $(ARGS)
	target/release/spangraph-load overload --transport http $(ARGS)

load-parallel:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load parallel $(ARGS)

load-memory:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load memory $(ARGS)

load-scale:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load scale $(ARGS)

load-longest-turns:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load longest-turns $(ARGS)

load-durability:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load durability $(ARGS)

load-kill:
	cargo build --release --locked -p spangraph -p spangraph-load
	target/release/spangraph-load kill $(ARGS)

bench:
	cargo bench --locked -p spangraph-load --bench cores

bench-check:
	cargo bench --locked -p spangraph-load --bench instructions -- check

bench-save:
	cargo bench --locked -p spangraph-load --bench instructions -- save

BOMB_BYTES = 67108864
BOMBS = WORK_BOUNDS_BYTES=$(BOMB_BYTES) cargo test --release --locked
bombs:
	$(BOMBS) -p spangraph --lib decompression::tests::costs -- --nocapture
	$(BOMBS) -p spangraph-actors --test work_bounds -- --nocapture --test-threads 1
	$(BOMBS) -p spangraph-proto --test json_costs
	$(BOMBS) -p spangraph --test blackbox request_costs

SECONDS = 60
FUZZ = cargo +nightly fuzz
fuzz:
	$(FUZZ) build --fuzz-dir fuzz/targets
	set -e; for target in $(or $(TARGET),$$($(FUZZ) list --fuzz-dir fuzz/targets)); do \
		mkdir -p "fuzz/targets/corpus/$$target"; \
		$(FUZZ) run --fuzz-dir fuzz/targets "$$target" "fuzz/targets/corpus/$$target" "fuzz/seeds/$$target" -- \
			-max_total_time=$(SECONDS) -max_len=65536 -timeout=10; \
	done
