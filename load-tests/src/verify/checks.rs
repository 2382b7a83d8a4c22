//! The single checks: the server's own account, service graphs, span metrics.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use spangraph_test_support::exposition::Scrape;

use crate::drive::get;
use crate::traffic::{EdgeKey, EdgeSums, Expected, Latencies};

const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Sums of floating-point numbers may differ by the order of adding.
const TOLERANCE: f64 = 1e-9;
/// The labels that tell edges apart.
const EDGE: [&str; 3] = ["client", "server", "connection_type"];
/// The labels that tell label sets of span metrics apart.
const SPAN_SET: [&str; 4] = ["service", "span_name", "span_kind", "status_code"];

type Values<const LABELS: usize> = BTreeMap<[String; LABELS], f64>;

/// Collects what is not as it must be.
#[derive(Default)]
struct Findings(Vec<String>);

/// Looks at the pages of a server until it counted exactly what is expected, and gives what is wrong by `deadline`.
///
/// # Errors
/// When a page cannot be read.
pub async fn wait_until_exact(
    pages: &str,
    expected: &Expected,
    deadline: Duration,
) -> anyhow::Result<Vec<String>> {
    let began = Instant::now();
    loop {
        let own = Scrape::parse(&get(pages, "/metrics").await?)?;
        let generated = Scrape::parse(&get(pages, "/metrics/generated").await?)?;
        let findings = check(&own, &generated, expected);
        if findings.is_empty() || began.elapsed() > deadline {
            return Ok(findings);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// What is not as `expected`, of a server that has taken nothing else; nothing when all is exact.
#[must_use]
pub fn check(own: &Scrape, generated: &Scrape, expected: &Expected) -> Vec<String> {
    let mut findings = Findings::default();
    findings.check_account(own, expected);
    findings.check_reasons(own, expected);
    findings.0.extend(check_generated(generated, expected));
    findings.0
}

/// The same of the generated metrics alone, wherever they were read.
#[must_use]
pub fn check_generated(generated: &Scrape, expected: &Expected) -> Vec<String> {
    let mut findings = Findings::default();
    findings.check_edges(generated, expected);
    findings.check_span_metrics(generated, expected);
    findings.0
}

impl Findings {
    fn equal<T: PartialEq + Debug>(&mut self, what: &str, found: T, expected: T) {
        if found != expected {
            self.0.push(format!("{what}: {found:?} instead of {expected:?}"));
        }
    }

    /// received = discarded + halves + pending, and the same for span metrics.
    fn check_account(&mut self, own: &Scrape, expected: &Expected) {
        let received = own.sum("spangraph_spans_received_total", &[]);
        let pending = own.sum("spangraph_pending_half_edges", &[]);
        let placed = own.sum("spangraph_spans_discarded_total", &[])
            + own.sum("spangraph_half_edges_total", &[])
            + pending;
        self.equal("spans received", received, expected.spans as f64);
        self.equal("spans placed", placed, received);
        self.equal("half-edges that wait", pending, 0.0);
        self.equal(
            "spans seen by span metrics",
            own.sum("spangraph_span_metrics_spans_total", &[]),
            received,
        );
    }

    fn check_reasons(&mut self, own: &Scrape, expected: &Expected) {
        let counts = |name: &str, label: &str| non_zero(own.sum_by(name, [label]));
        let internal = expected
            .by_kind
            .get("SPAN_KIND_INTERNAL")
            .copied()
            .unwrap_or_default();
        let discarded = counts("spangraph_spans_discarded_total", "reason");
        self.equal(
            "spans discarded",
            discarded,
            named([("not_an_edge_half", internal)]),
        );
        let halves = [
            ("paired", expected.paired_halves),
            ("virtual_node", expected.virtual_halves),
            ("expired", expected.expired()),
        ];
        self.equal(
            "half-edges by outcome",
            counts("spangraph_half_edges_total", "outcome"),
            named(halves),
        );
        let expired = expected
            .expired_halves
            .iter()
            .map(|(kind, count)| (*kind, *count));
        self.equal(
            "edges expired",
            counts("spangraph_edges_expired_total", "span_kind"),
            named(expired),
        );
    }

    fn check_edges(&mut self, generated: &Scrape, expected: &Expected) {
        let edges = || expected.edges.iter();
        let count = |name: &str| non_zero(generated.sum_by(&format!("traces_service_graph_{name}"), EDGE));
        let of = |value: fn(&EdgeSums) -> u64| {
            non_zero(
                edges()
                    .map(|(key, sums)| (edge_labels(key), value(sums) as f64))
                    .collect(),
            )
        };
        self.compare(
            "calls of an edge",
            &count("request_total"),
            &of(|sums| sums.calls),
        );
        self.compare(
            "failed calls of an edge",
            &count("request_failed_total"),
            &of(|sums| sums.failed),
        );
        for (side, latencies) in [
            ("client", (|sums| &sums.client) as fn(&EdgeSums) -> &Latencies),
            ("server", |sums| &sums.server),
        ] {
            let seconds = edges().map(|(key, sums)| (edge_labels(key), latencies(sums).seconds));
            let found = count(&format!("request_{side}_seconds_sum"));
            self.compare("seconds of an edge", &found, &non_zero(seconds.collect()));
            self.compare(
                "latencies of an edge",
                &count(&format!("request_{side}_seconds_count")),
                &of(|sums| sums.calls),
            );
            self.check_buckets(generated, side, expected, latencies);
        }
    }

    fn check_buckets(
        &mut self,
        generated: &Scrape,
        side: &str,
        expected: &Expected,
        latencies: fn(&EdgeSums) -> &Latencies,
    ) {
        let name = format!("traces_service_graph_request_{side}_seconds_bucket");
        let [client, server, connection_type] = EDGE;
        let mut found = generated.sum_by(&name, [client, server, connection_type, "le"]);
        found.retain(|[.., bound], value| bound != "+Inf" && *value != 0.0);
        let wanted = expected.edges.iter().flat_map(|(key, sums)| {
            let [client, server, connection_type] = edge_labels(key);
            latencies(sums).by_bound().map(move |(bound, count)| {
                (
                    [
                        client.clone(),
                        server.clone(),
                        connection_type.clone(),
                        bound.to_string(),
                    ],
                    count as f64,
                )
            })
        });
        self.compare("latencies up to a bound", &found, &non_zero(wanted.collect()));
    }

    fn check_span_metrics(&mut self, generated: &Scrape, expected: &Expected) {
        let sets = || {
            expected.span_sets.iter().map(|(set, sums)| {
                let kind_and_status = [set.span_kind.to_owned(), set.status_code.to_owned()];
                let [span_kind, status_code] = kind_and_status;
                (
                    [set.service.clone(), set.span_name.clone(), span_kind, status_code],
                    sums,
                )
            })
        };
        let found = |name: &str| generated.sum_by(&format!("traces_spanmetrics_{name}"), SPAN_SET);
        let calls: Values<4> = sets().map(|(labels, sums)| (labels, sums.calls as f64)).collect();
        self.compare("spans of a label set", &found("calls_total"), &calls);
        self.compare("latencies of a label set", &found("latency_count"), &calls);
        let bytes = sets().map(|(labels, sums)| (labels, sums.bytes as f64)).collect();
        self.compare("bytes of a label set", &found("size_total"), &bytes);
        let seconds = sets().map(|(labels, sums)| (labels, sums.seconds)).collect();
        self.compare("seconds of a label set", &found("latency_sum"), &seconds);
    }

    fn compare<const LABELS: usize>(
        &mut self,
        what: &str,
        found: &Values<LABELS>,
        expected: &Values<LABELS>,
    ) {
        for (labels, value) in expected {
            match found.get(labels) {
                Some(other) if is_about(*other, *value) => {}
                other => self
                    .0
                    .push(format!("{what} {labels:?}: {other:?} instead of {value}")),
            }
        }
        for (labels, value) in found.iter().filter(|(labels, _)| !expected.contains_key(*labels)) {
            self.0
                .push(format!("{what} {labels:?}: {value} though there should be none"));
        }
    }
}

/// Whole numbers are compared as they are: below 2^53 the tolerance is less than one only for small ones.
fn is_about(found: f64, expected: f64) -> bool {
    if expected.fract() == 0.0 {
        return found == expected
            || found.fract() != 0.0 && (found - expected).abs() <= TOLERANCE * expected.abs();
    }
    (found - expected).abs() <= TOLERANCE * expected.abs()
}

fn edge_labels(key: &EdgeKey) -> [String; 3] {
    [
        key.client.clone(),
        key.server.clone(),
        key.connection_type.clone(),
    ]
}

fn non_zero<const LABELS: usize>(mut values: Values<LABELS>) -> Values<LABELS> {
    values.retain(|_, value| *value != 0.0);
    values
}

fn named<'a>(counts: impl IntoIterator<Item = (&'a str, u64)>) -> Values<1> {
    non_zero(
        counts
            .into_iter()
            .map(|(name, count)| ([name.to_owned()], count as f64))
            .collect(),
    )
}
