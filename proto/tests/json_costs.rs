//! JSON costs no more to read than ordinary JSON of as many bytes, whatever it is made of.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::LazyLock;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use spangraph_proto::otlp_json::to_protobuf;

/// How many bytes a body has; the environment can ask for more.
static BYTES: LazyLock<usize> =
    LazyLock::new(|| std::env::var("WORK_BOUNDS_BYTES").map_or(1 << 20, |bytes| bytes.parse().unwrap()));

/// How many times an ordinary body of as many bytes a bomb may cost.
const TIMES: u32 = 8;

fn body(spans: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#)
}

fn many(part: &str) -> String {
    let times = *BYTES / (part.len() + 1);
    vec![part; times].join(",")
}

/// A value in so many lists of lists, about as deep as it may be.
fn nested(value: &str) -> String {
    const LISTS: usize = 35;
    let (open, close) = (r#"{"arrayValue":{"values":["#, "]}}");
    format!("{}{value}{}", open.repeat(LISTS), close.repeat(LISTS))
}

fn attribute(value: &str) -> String {
    body(&format!(r#"{{"attributes":[{{"key":"k","value":{value}}}]}}"#))
}

fn ordinary() -> String {
    let id = "5b8efff798038103d269b633813fc60c";
    let attribute = r#"{"key":"http.route","value":{"stringValue":"/cart/checkout"}}"#;
    let attributes = [attribute; 10].join(",");
    body(&many(&format!(
        r#"{{"traceId":"{id}","spanId":"eee19b7ec3c1b174","name":"GET /cart","kind":3,"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","attributes":[{attributes}]}}"#
    )))
}

/// What a body is made of, and the body.
type Bomb = (&'static str, String);

fn bombs() -> Vec<Bomb> {
    [texts(), numbers(), many_small_parts(), deep_levels()].concat()
}

fn texts() -> Vec<Bomb> {
    let text = |text: String| format!(r#"{{"stringValue":"{text}"}}"#);
    let long = nested(&text("x".repeat(*BYTES)));
    let many_short = nested(&many(r#"{"stringValue":"x"}"#));
    let id = format!(r#"{{"traceId":"{}"}}"#, "ab".repeat(*BYTES / 2));
    let kind = format!(r#"{{"kind":"{}"}}"#, "K".repeat(*BYTES));
    let key = format!(r#"{{"{}_":1}}"#, "k".repeat(*BYTES));
    vec![
        ("escapes", attribute(&text(r"\u00e9".repeat(*BYTES / 6)))),
        ("a long text in many lists", attribute(&long)),
        ("many texts in many lists", attribute(&many_short)),
        ("a long id", body(&id)),
        ("a long name of an enum", body(&kind)),
        ("a long key", body(&key)),
    ]
}

fn numbers() -> Vec<Bomb> {
    let digits = "9".repeat(*BYTES);
    let double = |number: String| attribute(&format!(r#"{{"doubleValue":{number}}}"#));
    let in_a_text = format!(r#"{{"intValue":"{digits}"}}"#);
    vec![
        ("many digits", double(digits.clone())),
        ("many digits behind the point", double(format!("0.{digits}"))),
        ("many digits in a text", attribute(&in_a_text)),
        ("a large exponent", double(format!("1e{digits}"))),
    ]
}

fn many_small_parts() -> Vec<Bomb> {
    let values = format!(r#"{{"arrayValue":{{"values":[{}]}}}}"#, many("{}"));
    let keys = format!("{{{}}}", many(r#""a_b":1"#));
    let nulls = format!("{{{}}}", many(r#""name":null"#));
    vec![
        ("spans of nothing", body(&many("{}"))),
        ("values of nothing", attribute(&values)),
        ("many keys", body(&keys)),
        ("a field that is null again and again", body(&nulls)),
    ]
}

fn deep_levels() -> Vec<Bomb> {
    const LEVELS: usize = 10_000;
    let (open, close) = (
        r#"{"arrayValue":{"values":["#.repeat(LEVELS),
        "]}}".repeat(LEVELS),
    );
    let unknown = ["[".repeat(*BYTES / 2), "]".repeat(*BYTES / 2)].concat();
    vec![
        ("ten thousand levels", attribute(&format!("{open}{{}}{close}"))),
        (
            "levels of what is not known",
            body(&format!(r#"{{"unknown":{unknown}}}"#)),
        ),
    ]
}

/// The least CPU time of several runs, and the most memory.
fn cost(json: &str) -> (Duration, u64) {
    let clock = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let run = || {
        let before = clock();
        let memory = allocation_counter::measure(|| drop(to_protobuf(json.as_bytes())));
        (clock() - before, memory.bytes_max)
    };
    let runs = [run(), run(), run()];
    let time = runs.iter().map(|run| run.0).min().unwrap();
    (time, runs.iter().map(|run| run.1).max().unwrap())
}

#[test]
fn no_json_costs_more_than_a_few_ordinary_ones_of_as_many_bytes() {
    let usual = cost(&ordinary());
    let mut dear = Vec::new();
    for (name, json) in bombs() {
        let cost = cost(&json);
        if cost.0 > usual.0 * TIMES || cost.1 > 4 * *BYTES as u64 {
            dear.push(format!("{name}, {} bytes: {cost:?}", json.len()));
        }
    }
    assert!(
        dear.is_empty(),
        "an ordinary body: {usual:?}\n{}",
        dear.join("\n")
    );
}
