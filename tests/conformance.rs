//! Every conformance case, sent to a running server and compared with the series that Tempo wrote.

mod base;
mod case;
mod comparison;
mod not_yet;
mod rows;
mod run;
mod series;

use std::collections::BTreeSet;
use std::env;
use std::sync::Mutex;
use std::thread;

use case::Case;
use not_yet::NotYet;

/// Cases under way at one time; they mostly wait.
const WORKERS: usize = 16;

/// Set to a case's name, only that case is run.
const ONLY: &str = "CONFORMANCE_CASE";

#[test]
fn every_case_writes_the_series_that_tempo_wrote() {
    let only = env::var(ONLY).ok();
    let cases: Vec<Case> = case::all();
    let chosen: Vec<&Case> = cases
        .iter()
        .filter(|case| only.as_ref().is_none_or(|only| *only == case.name))
        .collect();
    assert!(!chosen.is_empty(), "no case is named {only:?}");
    let failures = run_all(&chosen, &not_yet::read());
    assert!(
        failures.is_empty(),
        "{} of {} cases:\n\n{}",
        failures.len(),
        chosen.len(),
        failures.join("\n\n")
    );
}

#[test]
fn what_is_not_yet_built_is_listed_by_names_of_cases_and_with_reasons() {
    let names: BTreeSet<String> = case::all().into_iter().map(|case| case.name).collect();
    for (name, entry) in not_yet::read() {
        assert!(
            names.contains(&name),
            "not-yet.txt names {name}, which is no case"
        );
        assert!(!entry.reason.is_empty(), "not-yet.txt gives no reason for {name}");
    }
}

/// Runs `cases` a few at a time and gives back what is wrong with them.
fn run_all(cases: &[&Case], not_yet: &std::collections::BTreeMap<String, NotYet>) -> Vec<String> {
    let (queue, failures) = (Mutex::new(cases.iter()), Mutex::new(Vec::new()));
    let next = || queue.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = next() {
                    if let Err(wrong) = run::judge(case, not_yet.get(&case.name)) {
                        failures
                            .lock()
                            .unwrap()
                            .push(format!("{}: {}\n{wrong}", case.name, case.about));
                    }
                }
            });
        }
    });
    failures.into_inner().unwrap()
}
