//! The time and memory of a request are bounded by its bytes, whatever a sender puts into them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and prints what it measured"
)]

#[path = "work_bounds/bombs.rs"]
mod bombs;
#[path = "work_bounds/cores.rs"]
mod cores;
#[path = "work_bounds/descriptor.rs"]
mod descriptor;
#[path = "work_bounds/json_values.rs"]
mod json_values;
#[path = "work_bounds/places.rs"]
mod places;
#[path = "work_bounds/protobuf_values.rs"]
mod protobuf_values;
#[path = "work_bounds/table.rs"]
mod table;
#[path = "work_bounds/wire.rs"]
mod wire;

use self::bombs::BOMBS;
use self::cores::{NOW, take_json, take_protobuf};
use self::descriptor::field_paths;
use self::json_values::Json;
use self::places::Format;
use self::protobuf_values::Protobuf;
use self::table::{Table, Usual};

const KIB: usize = 1 << 10;

/// When the spans ended.
fn now() -> u64 {
    NOW
}

const PROTOBUF: Usual = Usual {
    take: take_protobuf,
    ordinary: bombs::ordinary,
    shortest_spans: protobuf_values::shortest_spans,
};

const JSON: Usual = Usual {
    take: take_json,
    ordinary: json_values::ordinary,
    shortest_spans: json_values::shortest_spans,
};

/// Whether the environment asks for requests of this name, as it does for all when it says nothing.
fn is_asked_for(name: &str) -> bool {
    std::env::var("WORK_BOUNDS_NAME").map_or(true, |part| name.contains(&part))
}

fn check_every_field<F: Format + 'static>(usual: Usual) {
    let mut table = Table::new(64 * KIB, usual);
    let paths = field_paths();
    assert!(paths.len() > 100, "only {} fields were found", paths.len());
    let bombs = paths.iter().flat_map(places::bombs::<F>);
    for bomb in bombs.filter(|bomb| is_asked_for(&bomb.name)) {
        table.measure(&bomb.name, &bomb.of_bytes);
    }
    table.check();
}

#[test]
fn no_request_costs_more_than_a_few_ordinary_ones_of_as_many_bytes() {
    let mut table = Table::new(1024 * KIB, PROTOBUF);
    for (name, bomb) in BOMBS.iter().filter(|(name, _)| is_asked_for(name)) {
        table.measure(name, bomb);
    }
    table.check();
}

#[test]
fn no_field_costs_more_than_a_few_ordinary_requests_of_as_many_bytes() {
    check_every_field::<Protobuf>(PROTOBUF);
}

#[test]
fn no_field_costs_more_in_json_than_a_few_ordinary_requests_of_as_many_bytes() {
    check_every_field::<Json>(JSON);
}

/// Reads all that is before each zero again.
fn read_again(request: &[u8]) {
    for (place, _) in request.iter().enumerate().filter(|(_, byte)| **byte == 0) {
        std::hint::black_box(request[..place].iter().map(|byte| u64::from(*byte)).sum::<u64>());
    }
}

/// Keeps a hundred bytes for each.
fn keep_all(request: &[u8]) {
    std::hint::black_box(vec![0_u8; 100 * request.len()]);
}

#[test]
fn work_that_grows_with_the_square_of_the_bytes_and_memory_beyond_them_are_found() {
    let harmless = |bytes| vec![1; bytes];
    for (take, bytes) in [(read_again as fn(&[u8]), 8 * KIB), (keep_all, 64 * KIB)] {
        let usual = Usual {
            take,
            ordinary: harmless,
            shortest_spans: harmless,
        };
        let mut table = Table::of_bytes(bytes, usual);
        table.measure("zeros", |bytes| vec![0; bytes]);
        assert_eq!(table.dear(), ["zeros"]);
    }
}
