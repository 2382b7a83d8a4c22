# Shortcuts; cargo does the work. `make help` lists them.
.POSIX:
.PHONY: help run test clients deny

help:
	@echo "make run           build for release and run with the built-in configuration"
	@echo "make run DEMO=1    the same, with the demo shop's traces sent to it"
	@echo "make run CONFIG=F  the same, with the configuration file F"
	@echo "make test          install what the tests need; check format and lints; run every test"
	@echo "make clients       install the SDKs of other languages that the tests run"
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

deny:
	cargo deny --locked check
