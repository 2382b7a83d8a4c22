//! Lines by example, and all samples there and back.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;

const PAGE: &str = r#"# HELP a_seconds How long it took: {x="1"} 2
# TYPE a_seconds histogram
a_seconds_bucket{le="0.5",x="1"} 1 # {trace="ab"} 0.25 1700000000.5
a_seconds_bucket{le="+Inf",x="1"} 3

calls_total{x="1",y="1"} 1
calls_total{x="1",y="2"} 2
calls_total{y="2"} 4
up 1 1700000000123
"#;

fn page() -> Scrape {
    Scrape::parse(PAGE).unwrap()
}

fn problem_of(line: &str) -> LineProblem {
    match Scrape::parse(line).unwrap_err() {
        ExpositionError::NotASample { problem, .. } => problem,
        repeated @ ExpositionError::Repeated { .. } => panic!("{line}: {repeated}"),
    }
}

#[test]
fn comments_and_empty_lines_are_no_samples() {
    assert_eq!(page().samples().count(), 6);
    assert_eq!(Scrape::parse("# EOF\n"), Ok(Scrape::default()));
}

#[test]
fn a_line_is_read_whole() {
    let page = page();
    let bucket = page.select("a_seconds_bucket", &[("le", "0.5")]).next().unwrap();
    assert_eq!(
        (bucket.label("x"), bucket.label("y"), bucket.value),
        ("1", "", 1.0)
    );
    let exemplar = Exemplar {
        labels: [("trace".to_owned(), "ab".to_owned())].into(),
        value: 0.25,
        timestamp: Some(1_700_000_000.5),
    };
    assert_eq!((&bucket.exemplar, bucket.timestamp), (&Some(exemplar), None));
    let up = page.select("up", &[]).next().unwrap();
    assert_eq!(
        (&up.labels, up.timestamp),
        (&Labels::new(), Some(1_700_000_000_123.0))
    );
}

#[test]
fn escapes_are_resolved_and_signs_in_quotes_mean_nothing() {
    let page = Scrape::parse(r##"a{x="\"} 1 # {\\n\n,",y="",} 3"##).unwrap();
    let sample = page.samples().next().unwrap();
    assert_eq!((sample.label("x"), sample.value), ("\"} 1 # {\\n\n,", 3.0));
    assert_eq!(sample.labels.len(), 2, "the last comma is followed by no label");
}

#[test]
fn numbers_that_are_not_finite_are_read() {
    let page = Scrape::parse("a +Inf\nb -Inf\nc NaN\n").unwrap();
    assert_eq!(page.value("a", &[]), Some(f64::INFINITY));
    assert_eq!(page.value("b", &[]), Some(f64::NEG_INFINITY));
    assert!(page.value("c", &[]).unwrap().is_nan());
}

#[test]
fn a_value_is_that_of_the_series_with_just_these_labels() {
    let page = page();
    assert_eq!(page.value("calls_total", &[("y", "2")]), Some(4.0));
    assert_eq!(page.value("calls_total", &[("y", "2"), ("x", "1")]), Some(2.0));
    assert_eq!(page.value("calls_total", &[("x", "1")]), None);
    assert_eq!(page.value("calls", &[]), None);
}

#[test]
fn sums_are_of_the_labels_asked_for() {
    let page = page();
    assert_eq!(page.sum("calls_total", &[]), 7.0);
    assert_eq!(page.sum("calls_total", &[("x", "1")]), 3.0);
    assert_eq!(page.sum("calls_total", &[("x", "1"), ("y", "2")]), 2.0);
    assert_eq!(page.sum("calls_total", &[("z", "")]), 0.0);
    assert_eq!(page.sum("calls", &[]), 0.0);
}

#[test]
fn sums_are_kept_apart_by_labels() {
    let page = page();
    let by_x = page.sum_by_label("calls_total", "x");
    assert_eq!(by_x, [(String::new(), 4.0), ("1".to_owned(), 3.0)].into());
    let by_both = page.sum_by("calls_total", ["y", "x"]);
    assert_eq!(by_both.len(), 3);
    assert_eq!(by_both[&["2", "1"].map(str::to_owned)], 2.0);
}

#[test]
fn what_another_page_has_not_or_not_just_so_is_missing_from_it() {
    let page = page();
    assert_eq!(page.missing_from(&page), Vec::<&Sample>::new());
    let other = Scrape::parse("calls_total{y=\"2\"} 4\nup 1\ncalls_total 1\n").unwrap();
    let missing: Vec<_> = other
        .missing_from(&page)
        .into_iter()
        .map(Sample::to_string)
        .collect();
    assert_eq!(missing, ["calls_total 1", "up 1"]);
}

#[test]
fn a_line_that_is_no_sample_is_named_with_its_number_and_what_is_wrong() {
    let error = Scrape::parse("a 1\nnonsense\n").unwrap_err();
    assert_eq!(error.to_string(), "line 2 has no number as its value: nonsense");
    let error = samples("a 1\n\n# EOF\nb 2\n").nth(1).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "line 4 stands after the end: b 2");
}

#[test]
fn each_problem_has_its_name() {
    for (problem, lines) in [
        (LineProblem::Name, [" a 1", "1a 1", r#"{x="1"} 1"#, "\"a\" 1"]),
        (
            LineProblem::Labels,
            [
                "a{x=1} 1",
                r#"a{x="1" 1"#,
                r#"a{x="1"y="2"} 1"#,
                r#"a{x="1",x="2"} 1"#,
            ],
        ),
        (
            LineProblem::Labels,
            [
                r#"a{x="\t"} 1"#,
                r#"a{x="1} 1"#,
                r#"a{1x="1"} 1"#,
                r#"a{,x="1"} 1"#,
            ],
        ),
        (LineProblem::Value, ["a", "a one", r#"a{x="1"}1"#, "a  1"]),
        (
            LineProblem::Timestamp,
            ["a 1 x", "a 1  2", r#"a 1 {x="1"} 1"#, "a 1 - # {} 1"],
        ),
        (
            LineProblem::Exemplar,
            ["a 1 #", "a 1 # x", "a 1 # {} ", "a 1 # {} 1 2 3"],
        ),
        (
            LineProblem::Exemplar,
            ["a 1 2 3", "a 1 # {}", "a 1 # {x=\"1\"}1", "a 1 # {} 1 # {} 1"],
        ),
    ] {
        for line in lines {
            assert_eq!(problem_of(line), problem, "{line}");
        }
    }
}

#[test]
fn a_series_stands_on_a_page_once() {
    let error = Scrape::parse("a{x=\"1\",y=\"2\"} 1\na 1\na{y=\"2\",x=\"1\"} 3\n").unwrap_err();
    assert_eq!(error.to_string(), "a series stands twice: a{x=\"1\",y=\"2\"} 1");
}

fn labels() -> impl Strategy<Value = Labels> {
    btree_map("[a-zA-Z_][a-zA-Z0-9_]{0,5}", any::<String>(), 0..4)
}

/// All numbers but NaN, which is not equal to itself.
fn number() -> impl Strategy<Value = f64> {
    any::<f64>().prop_map(|number| if number.is_nan() { f64::INFINITY } else { number })
}

fn exemplar() -> impl Strategy<Value = Exemplar> {
    (labels(), number(), option::of(number())).prop_map(|(labels, value, timestamp)| Exemplar {
        labels,
        value,
        timestamp,
    })
}

fn sample() -> impl Strategy<Value = Sample> {
    let name = "[a-zA-Z_:][a-zA-Z0-9_:]{0,8}";
    (
        name,
        labels(),
        number(),
        option::of(number()),
        option::of(exemplar()),
    )
        .prop_map(|(name, labels, value, timestamp, exemplar)| Sample {
            name,
            labels,
            value,
            timestamp,
            exemplar,
        })
}

proptest! {
    #[test]
    fn samples_that_are_written_are_read_as_they_were(expected in vec(sample(), 0..8)) {
        let lines: Vec<_> = expected.iter().map(Sample::to_string).collect();
        let page = format!("# TYPE a counter\n{}\n# EOF\n", lines.join("\n"));
        let read: Vec<_> = samples(&page).map(Result::unwrap).collect();
        prop_assert_eq!(&read, &expected);
        if let Ok(scrape) = Scrape::parse(&page) {
            prop_assert_eq!(scrape.samples().count(), expected.len());
            for sample in &expected {
                let labels: Vec<_> = sample.labels.iter().map(|(name, value)| (&**name, &**value)).collect();
                prop_assert_eq!(scrape.value(&sample.name, &labels), Some(sample.value));
            }
        }
    }

    #[test]
    fn any_line_is_read_or_refused(line in any::<String>(), rest in r#"[a{}="\\n#, 1]{0,20}"#) {
        for page in [line.clone(), rest.clone(), format!("a{{{rest}"), format!("a{{x=\"{line}\"}} 1{rest}")] {
            for sample in samples(&page).flatten() {
                let again = samples(&sample.to_string()).next().unwrap().unwrap();
                prop_assert_eq!(again.labels, sample.labels);
            }
        }
    }
}
