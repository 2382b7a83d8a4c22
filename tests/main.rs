//! Black-box tests of the server: everything is seen through its ports, signals, files and answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, shows logs on failure and may block its own thread"
)]

mod accounting;
mod clients;
mod collection;
mod conformance;
mod documents;
mod durability;
mod durations;
mod growth;
mod harness;
mod listeners;
mod operate;
mod pages;
mod prometheus;
mod protocols;
mod remote_write;
mod request_costs;
mod security;
mod source_files;
mod tenant_endpoints;
mod tenants;
mod traffic;
