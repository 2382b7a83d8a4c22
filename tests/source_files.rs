//! Source files are as short as the house rules say, and the cores of the pipeline know no clock.

use std::path::Path;

use regex::Regex;

use crate::harness::repository::{FOLDERS, read, sources};

/// The most lines of a file.
const MOST_LINES: usize = 400;

/// Where the pipeline may name `Instant` and `SystemTime`, and what for; all else takes a `PipelineTime`.
const READERS_OF_CLOCKS: [(&str, &str); 21] = [
    ("actors/src/activity/meter.rs", "how long messages take"),
    ("actors/src/activity/meters.rs", "which messages do not end"),
    (
        "actors/src/aggregator/actor/collecting.rs",
        "how long collections take",
    ),
    (
        "actors/src/aggregator/actor/outlet.rs",
        "how often a line is logged",
    ),
    (
        "actors/src/aggregator/actor/freezing.rs",
        "how long a collection takes",
    ),
    ("actors/src/durability/disk_use.rs", "how fast the disk fills"),
    ("actors/src/durability/metrics.rs", "how often a line is logged"),
    (
        "actors/src/durability/span_log/metrics.rs",
        "how often a line is logged",
    ),
    (
        "actors/src/durability/span_log/progress.rs",
        "how long a replay takes",
    ),
    (
        "actors/src/durability/state_thread.rs",
        "how often a line is logged",
    ),
    ("actors/src/durability/steps.rs", "how long epochs take"),
    ("actors/src/pipeline/drain.rs", "the deadlines of a stop"),
    (
        "actors/src/pipeline/epochs.rs",
        "how long requests are held, and epochs take",
    ),
    ("actors/src/pipeline/replaying.rs", "how often a line is logged"),
    ("actors/src/pipeline/view.rs", "which messages do not end"),
    ("actors/src/supervision/mailbox.rs", "how long messages wait"),
    (
        "actors/src/pipeline/scrape_cuts.rs",
        "how long scrapes wait, and how often they get a cut",
    ),
    (
        "actors/src/tenants/retirement.rs",
        "the deadline of a writer that leaves",
    ),
    ("actors/src/time/clock.rs", "the clock of the pipeline itself"),
    ("actors/src/timer/", "how late ticks come"),
    (
        "actors/src/writer/",
        "pauses, time-outs, and what stores say of time",
    ),
];

#[test]
fn the_cores_of_the_pipeline_know_no_clock() {
    let clock = Regex::new(r"(?m)^(?:[^/\n]|/[^/\n])*\b(?:Instant|SystemTime)\b").unwrap();
    let is_test = |file: &Path| {
        let mut parts = file.iter();
        parts.any(|part| part == "tests" || part == "tests.rs")
    };
    let sources = sources().into_iter();
    let of_pipeline = sources.filter(|file| file.starts_with("actors/src") && !is_test(file));
    let knowing: Vec<_> = of_pipeline.filter(|file| clock.is_match(&read(file))).collect();
    let reads = |file: &Path, place: &str| file.to_string_lossy().starts_with(place);
    let others: Vec<_> = knowing
        .iter()
        .filter(|file| !READERS_OF_CLOCKS.iter().any(|(place, _)| reads(file, place)))
        .collect();
    assert!(others.is_empty(), "to take a PipelineTime: {others:?}");
    for (place, purpose) in READERS_OF_CLOCKS {
        let is_needed = knowing.iter().any(|file| reads(file, place));
        assert!(is_needed, "{place} needs no clock any more for {purpose}");
    }
}

#[test]
fn no_source_file_has_more_than_400_lines() {
    let sources = sources();
    assert!(sources.len() > 500, "only {} files were found", sources.len());
    let lines = |file: &Path| read(file).lines().count();
    let long = sources.iter().map(|file| (lines(file), file));
    let long: Vec<_> = long.filter(|(lines, _)| *lines > MOST_LINES).collect();
    assert!(long.is_empty(), "to be parted, by ideas: {long:?}");
}

#[test]
fn the_files_of_every_member_of_the_workspace_are_looked_at() {
    let manifest = read(Path::new("Cargo.toml"));
    let list = Regex::new(r"members = \[([^\]]*)\]").unwrap();
    let list = &list.captures(&manifest).unwrap()[1];
    let members = list.split(',').map(|member| member.trim().trim_matches('"'));
    let forgotten: Vec<_> = members.filter(|member| !FOLDERS.contains(member)).collect();
    assert!(forgotten.is_empty(), "not in FOLDERS: {forgotten:?}");
}
