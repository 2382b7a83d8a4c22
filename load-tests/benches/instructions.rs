//! Counts the instructions of each core under callgrind, and holds them against the stored ones and the goals.
//!
//! `check` (the default) fails when one is more than 5 % worse, or a goal is missed; `save` stores what is measured.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench may fail anywhere, and answers on standard output"
)]

mod workload;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use spangraph_load::goal::{Bound, Goal, GoalLines};
use spangraph_load::traffic::Shape;
use workload::{Core, Workload};

const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.json");
/// More than this over the stored count is a failure.
const TOLERANCE: f64 = 1.05;
/// The environment variables that say what to run, set for the process under callgrind.
const CORE: &str = "SPANGRAPH_LOAD_CORE";
const SPAN_BYTES: &str = "SPANGRAPH_LOAD_SPAN_BYTES";
/// Sizes of spans.
const SIZES: [u32; 2] = [340, 600];
/// The size that the goals are set for.
const GOAL_SIZE: u32 = 600;
/// How often the times of two cores are taken in turns; the shortest count.
const TURNS: u32 = 30;

/// Instructions by core: for a span, or for a sample where series are collected.
type Counts = BTreeMap<String, f64>;

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(CORE) {
        run(&name);
        return ExitCode::SUCCESS;
    }
    let each = SIZES
        .into_iter()
        .flat_map(|size| Core::EACH.map(|core| (size, core)));
    let named = |(size, core): (u32, Core)| (name(core, size), count(core, size));
    let counts: Counts = each.map(named).collect();
    if std::env::args().any(|argument| argument == "save") {
        let text = serde_json::to_string_pretty(&counts).expect("numbers are printable");
        std::fs::write(BASELINE, text + "\n").expect("the baseline can be written");
        println!("stored in {BASELINE}");
    }
    compare(&counts)
}

/// One pass of a core, under callgrind; the first pass outside of it brings everything to its usual size.
fn run(name: &str) {
    let core = Core::EACH
        .into_iter()
        .find(|core| core.name() == name)
        .expect("a core of this name");
    let size = std::env::var(SPAN_BYTES).expect("the size is named");
    let mut workload = workload(size.parse().expect("the size is a number"));
    workload.run(core);
    counted_section(&mut workload, core);
    let divisor = if core == Core::Collect {
        workload.samples()
    } else {
        workload.spans()
    };
    println!("{divisor}");
}

/// Callgrind counts from entering to leaving this function, which it knows by name.
#[inline(never)]
fn counted_section(workload: &mut Workload, core: Core) {
    workload.run(core);
}

fn workload(span_bytes: u32) -> Workload {
    Workload::new(&Shape {
        span_bytes,
        services: 10,
        requests_per_service: 1,
        missing: 0.0,
        ..Shape::default()
    })
}

fn count(core: Core, span_bytes: u32) -> f64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("callgrind.out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*counted_section*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().expect("this program has a path"))
        .env(CORE, core.name())
        .env(SPAN_BYTES, span_bytes.to_string())
        .output()
        .expect("valgrind runs: install it");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let divisor: f64 = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .expect("the pass's size");
    let counted = instructions(&out);
    assert!(
        counted > 0.0,
        "callgrind did not find the function to count by its name: link with the system's own linker"
    );
    counted / divisor
}

/// The total that callgrind writes into its file.
fn instructions(file: &Path) -> f64 {
    let text = std::fs::read_to_string(file).expect("callgrind wrote its file");
    let totals = text.lines().find_map(|line| line.strip_prefix("totals: "));
    totals
        .expect("callgrind wrote totals")
        .trim()
        .parse()
        .expect("a number")
}

fn compare(counts: &Counts) -> ExitCode {
    let baseline = std::fs::read_to_string(BASELINE).expect("there is a baseline: make one with `save`");
    let baseline: Counts = serde_json::from_str(&baseline).expect("the baseline is well-formed");
    let mut worse = false;
    for (name, count) in counts {
        let before = baseline.get(name).copied().unwrap_or(f64::MAX);
        let is_worse = *count > before * TOLERANCE;
        worse |= is_worse;
        let verdict = if is_worse { "  WORSE by more than 5 %" } else { "" };
        println!("{name:<44}{count:>10.0} instructions, {before:>10.0} stored{verdict}");
    }
    print_ratios(counts);
    let goals = goals(counts);
    println!("{}", GoalLines(&goals));
    if worse || goals.iter().any(|goal| !goal.reached) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// What a span costs the cores, beside only decoding it with prost.
fn print_ratios(counts: &Counts) {
    for size in SIZES {
        let count = |core: Core| counts.get(&name(core, size)).copied().unwrap_or(f64::NAN);
        let ratio = count(Core::All) / count(Core::Decode);
        println!("{size} bytes a span: all cores take {ratio:.2} × the instructions of decoding with prost");
    }
}

/// What a span is to cost all cores together.
fn goals(counts: &Counts) -> [Goal; 2] {
    let counted = counts
        .get(&name(Core::All, GOAL_SIZE))
        .copied()
        .unwrap_or(f64::NAN);
    [
        Goal::new(
            format!("instructions of all cores for a span of {GOAL_SIZE} bytes"),
            counted,
            Bound::AtMost(3_000.0),
        ),
        Goal::new(
            format!(
                "time of all cores for a span of {GOAL_SIZE} bytes, times that of decoding it with prost"
            ),
            time_over_decoding(),
            Bound::AtMost(0.33),
        ),
    ]
}

/// The time of all cores over that of decoding the same bytes with prost, taken in turns.
fn time_over_decoding() -> f64 {
    let mut workload = workload(GOAL_SIZE);
    let mut shortest = [Duration::MAX; 2];
    for _ in 0..TURNS {
        for (core, shortest) in [Core::All, Core::Decode].into_iter().zip(&mut shortest) {
            let began = Instant::now();
            workload.run(core);
            *shortest = began.elapsed().min(*shortest);
        }
    }
    let [all, decode] = shortest.map(|time| time.as_secs_f64());
    all / decode
}

fn name(core: Core, span_bytes: u32) -> String {
    format!("{span_bytes} bytes a span, {}", core.name())
}
