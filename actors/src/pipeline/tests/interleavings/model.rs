//! What the series of a tenant are, counted from all of its requests anew and in the plainest way.

use std::collections::BTreeMap;
use std::time::Duration;

use spangraph_test_support::exposition::Scrape;

/// How long a half waits for the other.
pub const WAIT: Duration = Duration::from_millis(400);

/// One side of a call, as a span.
#[derive(Clone, Copy, Debug)]
pub struct Half {
    pub trace: u8,
    pub is_client: bool,
    pub service: u8,
    pub has_failed: bool,
    /// It takes longer than the only bound of buckets.
    pub is_slow: bool,
    /// A client names whom it calls.
    pub names_peer: bool,
}

/// What one sender sends at once.
#[derive(Clone, Debug)]
pub struct Request {
    pub tenant: u8,
    pub halves: Vec<Half>,
}

/// A request that was answered, and when it was stamped.
#[derive(Clone, Debug)]
pub struct Answered {
    pub time: i64,
    pub request: Request,
}

/// A series: its metric, and the values of the labels that tell it from others.
pub type Series = (&'static str, Vec<String>);

/// The series that are looked at, and how many edges wait.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    pub series: BTreeMap<Series, f64>,
    pub pending: usize,
}

/// The metrics that are looked at, with the labels that their series differ by.
pub const METRICS: [(&str, [&str; 4]); 6] = [
    (CALLS, OF_EDGES),
    (FAILED_CALLS, OF_EDGES),
    (SPANS, OF_SPANS),
    (LATENCIES, OF_SPANS),
    (SECONDS, OF_SPANS),
    (BUCKETS, OF_SPANS),
];

const CALLS: &str = "traces_service_graph_request_total";
const FAILED_CALLS: &str = "traces_service_graph_request_failed_total";
const SPANS: &str = "traces_spanmetrics_calls_total";
const LATENCIES: &str = "traces_spanmetrics_latency_count";
const SECONDS: &str = "traces_spanmetrics_latency_sum";
const BUCKETS: &str = "traces_spanmetrics_latency_bucket";
const OF_EDGES: [&str; 4] = ["client", "server", "connection_type", "le"];
const OF_SPANS: [&str; 4] = ["service", "span_kind", "status_code", "le"];

/// The only bound of buckets, in seconds.
pub const BOUND: f64 = 0.2;

/// The peer that clients name.
pub const PEER: &str = "peer";

/// The service with this number.
pub fn service(number: u8) -> String {
    format!("service-{number}")
}

/// A call of which one side has come.
#[derive(Clone, Debug, Default)]
struct Waiting {
    since: i64,
    client: Option<u8>,
    server: Option<u8>,
    has_failed: bool,
    names_peer: bool,
}

/// What `tenant` has at `now` when `answered` is all that ever came.
pub fn counted(answered: &[Answered], tenant: u8, now: i64) -> Counted {
    let (mut counted, mut waiting) = (Counted::default(), BTreeMap::new());
    for Answered { time, request } in answered.iter().filter(|each| each.request.tenant == tenant) {
        counted.give_up(&mut waiting, *time);
        for half in &request.halves {
            counted.count_span(half);
            counted.pair(&mut waiting, half, *time);
        }
    }
    counted.give_up(&mut waiting, now);
    counted.pending = waiting.len();
    counted
}

/// The series of a page to scrape; those that never counted anything are left out.
pub fn shown(page: &Scrape) -> BTreeMap<Series, f64> {
    let series = METRICS.into_iter().flat_map(|(metric, labels)| {
        let sums = page.sum_by(metric, labels).into_iter();
        sums.map(move |(values, sum)| ((metric, values.to_vec()), sum))
    });
    series.filter(|(_, sum)| *sum > 0.0).collect()
}

impl Counted {
    fn count_span(&mut self, half: &Half) {
        let kind = if half.is_client { "CLIENT" } else { "SERVER" };
        let status = if half.has_failed { "ERROR" } else { "UNSET" };
        let labels = |le: &str| {
            let (kind, status) = (format!("SPAN_KIND_{kind}"), format!("STATUS_CODE_{status}"));
            [service(half.service), kind, status, le.to_owned()]
        };
        self.add(SPANS, labels(""), 1.0);
        self.add(LATENCIES, labels(""), 1.0);
        self.add(SECONDS, labels(""), half.seconds());
        self.add(BUCKETS, labels("+Inf"), 1.0);
        if half.seconds() <= BOUND {
            self.add(BUCKETS, labels(&BOUND.to_string()), 1.0);
        }
    }

    fn pair(&mut self, waiting: &mut BTreeMap<u8, Waiting>, half: &Half, now: i64) {
        let call = waiting.entry(half.trace).or_insert_with(|| Waiting {
            since: now,
            ..Waiting::default()
        });
        let side = if half.is_client {
            &mut call.client
        } else {
            &mut call.server
        };
        *side = Some(half.service);
        call.has_failed |= half.has_failed;
        call.names_peer |= half.is_client && half.names_peer;
        if let (Some(client), Some(server)) = (call.client, call.server) {
            let has_failed = call.has_failed;
            waiting.remove(&half.trace);
            let names = [service(client), service(server), String::new(), String::new()];
            self.count_edge(names, has_failed);
        }
    }

    /// Of a client that named its peer there is an edge all the same.
    fn give_up(&mut self, waiting: &mut BTreeMap<u8, Waiting>, now: i64) {
        let wait = i64::try_from(WAIT.as_millis()).unwrap();
        let given_up: Vec<_> = waiting
            .extract_if(.., |_, call| call.since + wait <= now)
            .collect();
        for (_, call) in given_up {
            if let (Some(client), true) = (call.client, call.names_peer) {
                let kind = "virtual_node".to_owned();
                let names = [service(client), PEER.to_owned(), kind, String::new()];
                self.count_edge(names, call.has_failed);
            }
        }
    }

    fn count_edge(&mut self, names: [String; 4], has_failed: bool) {
        if has_failed {
            self.add(FAILED_CALLS, names.clone(), 1.0);
        }
        self.add(CALLS, names, 1.0);
    }

    fn add(&mut self, metric: &'static str, labels: [String; 4], value: f64) {
        *self.series.entry((metric, labels.to_vec())).or_default() += value;
    }
}

impl Half {
    /// How long it takes: so that sums are exact, in whatever order they are made.
    pub fn seconds(&self) -> f64 {
        if self.is_slow { 0.25 } else { 0.125 }
    }
}
