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
pub const METRICS: [(&str, [&str; 3]); 3] = [
    (
        "traces_service_graph_request_total",
        ["client", "server", "connection_type"],
    ),
    (
        "traces_service_graph_request_failed_total",
        ["client", "server", "connection_type"],
    ),
    (
        "traces_spanmetrics_calls_total",
        ["service", "span_kind", "status_code"],
    ),
];

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
        self.add(
            METRICS[2].0,
            [
                service(half.service),
                format!("SPAN_KIND_{kind}"),
                format!("STATUS_CODE_{status}"),
            ],
        );
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
            self.count_edge([service(client), service(server), String::new()], has_failed);
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
                let names = [service(client), PEER.to_owned(), "virtual_node".to_owned()];
                self.count_edge(names, call.has_failed);
            }
        }
    }

    fn count_edge(&mut self, names: [String; 3], has_failed: bool) {
        if has_failed {
            self.add(METRICS[1].0, names.clone());
        }
        self.add(METRICS[0].0, names);
    }

    fn add(&mut self, metric: &'static str, labels: [String; 3]) {
        *self.series.entry((metric, labels.to_vec())).or_default() += 1.0;
    }
}
