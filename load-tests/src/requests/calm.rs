//! A server that has little to do, and one that has nothing to do.

use std::time::Duration;

use super::bodies::Framing;
use super::burst::Burst;
use super::case::Case;
use super::lanes::Lane;
use super::options::{Part, RequestsOptions};
use super::receivers::{Receiver, Receivers};
use super::report::CalmReport;
use crate::drive::{Compression, Percentiles, Transport};
use crate::process::Usage;

/// Requests a second.
const RATE: f64 = 100.0;
const SPANS_PER_REQUEST: u32 = 10;
/// Longer than halves wait by default, so that there is nothing more to do.
const REST: Duration = Duration::from_secs(12);
const WARM_UP: Duration = Duration::from_millis(500);

/// Sends few requests to the server and then to the floor.
///
/// # Errors
/// When an answer is a failure.
pub(super) async fn latency(receivers: &Receivers, options: &RequestsOptions) -> anyhow::Result<CalmReport> {
    let server = latency_of(receivers.server(Transport::Grpc), options).await?;
    let floor = match receivers.floor(Transport::Grpc) {
        Some(floor) => Some(latency_of(floor, options).await?),
        None => None,
    };
    Ok(CalmReport {
        requests_per_second: RATE,
        server,
        floor: floor.unwrap_or_default(),
    })
}

async fn latency_of(receiver: Receiver, options: &RequestsOptions) -> anyhow::Result<Percentiles> {
    let case = Case {
        part: Part::Latency,
        framing: Framing {
            transport: Transport::Grpc,
            compression: Compression::None,
        },
        span_bytes: options.span_bytes,
        spans_per_request: SPANS_PER_REQUEST,
        connections: options.connections,
    };
    let round = case.round(options.seed)?;
    let mut lane = Lane::open(receiver, case, &round, fastrand::u64(..)).await?;
    lane.warm_up(WARM_UP).await?;
    let burst = Burst {
        duration: Duration::try_from_secs_f64(options.slow_seconds)?,
        rate: Some(RATE),
    };
    let sent = lane.send(burst).await?;
    Percentiles::of_times(sent.latencies)
}

/// The share of a core that the server uses while nothing comes.
///
/// # Errors
/// When it has ended.
pub(super) async fn idle(receivers: &Receivers, options: &RequestsOptions) -> anyhow::Result<f64> {
    let pid = receivers.server(Transport::Grpc).pid;
    tokio::time::sleep(REST).await;
    let before = Usage::of(pid)?;
    let seconds = options.idle_seconds;
    tokio::time::sleep(Duration::try_from_secs_f64(seconds)?).await;
    let used = Usage::of(pid)?.since(&before).cpu_seconds();
    Ok(used / seconds.max(1e-9))
}
