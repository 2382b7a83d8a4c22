//! What the server holds and what a span costs it, measured small: the counts are what was asked for.

use spangraph_load::goal::Judging;
use spangraph_load::memory::{MemoryOptions, memory};
use spangraph_load::process::ServerOptions;
use spangraph_load::scale::{Axis, Reached, ScaleOptions, scale};

/// Calls, size, and a latency of 14 bounds with its infinite one, sum and count.
const SERIES_PER_LABEL_SET: f64 = 19.0;

#[test]
fn memory_is_measured_between_the_few_and_the_many_that_were_asked_for() {
    let options = MemoryOptions {
        server: server(),
        pending: 6_000,
        label_sets: 600,
        warm_up: 4_000,
        seed: 1,
        judging: Judging::default(),
    };
    let report = block_on(memory(&options));
    assert!(report.half_edges.many.count >= 6_000.0, "{report:?}");
    assert!(
        report.half_edges.few.count < 6_000.0 && report.half_edges.few.count > 0.0,
        "{report:?}"
    );
    let sets = [report.series.few, report.series.many].map(|standing| standing.count / SERIES_PER_LABEL_SET);
    assert_eq!(sets, [300.0, 600.0]);
    assert!(report.series.few.rss_bytes > 1 << 20, "{report:?}");
    assert_eq!(report.goals.len(), 2);
}

#[test]
fn growth_is_measured_between_ends_that_differ_in_what_is_scaled() {
    let options = ScaleOptions {
        server: server(),
        axes: Axis::ALL.to_vec(),
        services: 30,
        label_sets: 4 * 53,
        tenants: 3,
        spans: 1_000,
        repeat: 1,
        seed: 1,
        judging: Judging::default(),
    };
    let report = block_on(scale(&options));
    let ends: Vec<_> = report.axes.iter().map(|axis| (axis.start, axis.end)).collect();
    // A mesh of random calls; some of its services are never called.
    let has_about = |reached: Reached, services: usize| {
        reached
            .services
            .is_some_and(|found| found.abs_diff(services) <= services / 4)
    };
    let [by_services, by_series, by_tenants] = ends[..] else {
        panic!("{report:?}")
    };
    assert!(has_about(by_services.0.reached, 10), "{report:?}");
    assert!(has_about(by_services.1.reached, 30), "{report:?}");
    let sets = [by_series.0, by_series.1].map(|end| end.reached.series / SERIES_PER_LABEL_SET);
    assert_eq!(sets, [53.0, 212.0]);
    assert_eq!(
        (by_tenants.0.reached.tenants, by_tenants.1.reached.tenants),
        (1, 3)
    );
    // Edges of which a half is missing may not have been given up yet.
    let times = by_tenants.1.reached.series / by_tenants.0.reached.series;
    assert!((2.7..3.3).contains(&times), "{report:?}");
    for (start, end) in ends {
        assert!(
            start.cpu_seconds_per_million > 0.0 && end.cpu_seconds_per_million > 0.0,
            "{report:?}"
        );
        let larger = end.bytes_per_span / start.bytes_per_span;
        assert!((0.95..1.05).contains(&larger), "{larger}");
    }
}

fn server() -> ServerOptions {
    ServerOptions {
        server: env!("CARGO_BIN_EXE_spangraph").into(),
        settings: None,
        wait: None,
        server_cores: Vec::new(),
    }
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(work).expect("the server is measured")
}
