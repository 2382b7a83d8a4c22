//! Collections of more series than one slice takes, while spans come in: everything arrives once each time, in order.

use spangraph_load::collect::{CollectOptions, collect};
use spangraph_load::goal::Judging;
use spangraph_load::process::ServerOptions;
use spangraph_load::traffic::Shape;

/// Several slices of 5,000 samples, of which a label set has 19.
const LABEL_SETS: usize = 1_000;

fn options() -> CollectOptions {
    CollectOptions {
        server: ServerOptions {
            server: env!("CARGO_BIN_EXE_spangraph").into(),
            settings: None,
            wait: None,
            server_cores: Vec::new(),
        },
        shape: Shape {
            services: 4,
            ..Shape::default()
        },
        label_sets: LABEL_SETS,
        interval: 2.0,
        collections: 1,
        seconds: 5.0,
        rate: 2_000.0,
        connections: 2,
        judging: Judging::default(),
    }
}

#[test]
fn collections_under_load_are_whole_and_in_order() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let report = runtime
        .block_on(collect(&options()))
        .expect("collections are measured");
    assert_eq!(report.missing_samples, 0, "{report}");
    assert_eq!(report.out_of_order_samples, 0, "{report}");
    assert_eq!(report.refused_requests, 0, "{report}");
    let least = LABEL_SETS * 19;
    assert!(
        report.series > least && report.collections >= 4,
        "traffic adds series to those that were there: {report}"
    );
    let samples = report.samples_per_collection;
    assert!(samples > u64::try_from(least).unwrap(), "{report}");
    assert!(report.at_rest.cpu_seconds_per_million() > 0.0, "{report}");
}
