//! What a machine's cores give for work that needs nothing of each other.

use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::anyhow;
use rustix::time::{ClockId, clock_gettime};

use crate::floor::FloorMode;
use crate::process::on_cores;
use crate::traffic::{Round, Shape};

/// Long enough for many requests, short enough to be repeated.
const WORK: Duration = Duration::from_secs(1);

/// Spans that threads, one on each of `cores`, decode with prost in a second of CPU time each, added up.
///
/// # Errors
/// When a thread cannot be started there.
pub(super) fn independent_spans_per_second(shape: &Shape, cores: &[usize]) -> anyhow::Result<f64> {
    let start = |core: &usize| {
        let shape = shape.clone();
        on_cores(&[*core], || std::thread::spawn(move || decode(&shape)))
    };
    // All are started before the first is waited for.
    let threads = cores.iter().map(start).collect::<anyhow::Result<Vec<_>>>()?;
    threads.into_iter().map(join).sum()
}

fn join(thread: JoinHandle<anyhow::Result<f64>>) -> anyhow::Result<f64> {
    thread.join().map_err(|_| anyhow!("a thread panicked"))?
}

/// Each thread has requests of its own, so that nothing is shared.
fn decode(shape: &Shape) -> anyhow::Result<f64> {
    let round = Round::new(shape)?;
    let (began, mut spans) = (thread_time()?, 0);
    while thread_time()? - began < WORK {
        for template in round.templates() {
            spans += FloorMode::Decode
                .consume(template.bytes())
                .map_err(anyhow::Error::msg)?;
        }
    }
    Ok(spans as f64 / (thread_time()? - began).as_secs_f64())
}

/// CPU time of the calling thread.
fn thread_time() -> anyhow::Result<Duration> {
    Ok(Duration::try_from(clock_gettime(ClockId::ThreadCPUTime))?)
}
