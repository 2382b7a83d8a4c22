//! The traffic at both ends of what is scaled: as alike as can be but for that.

use std::sync::Arc;

use super::options::{Axis, ScaleOptions};
use crate::traffic::{AlikeRequests, Round, Shape};

/// Services at the start.
const FEW_SERVICES: u32 = 10;
/// Requests of a service at the end, and of as many spans all together at the start, so that rounds are equally long
/// and as many halves wait.
const REQUESTS_PER_SERVICE: u32 = 2;
/// Operations of one service, when series are scaled.
const OPERATIONS: usize = 53;
const SPANS_PER_REQUEST: usize = 200;
const SPAN_BYTES: usize = 600;

/// The traffic of one end.
#[derive(Debug)]
pub(super) struct End {
    /// What is sent again and again.
    pub(super) round: Arc<Round>,
    /// How many rounds it takes until all has been seen.
    pub(super) rounds_to_see_all: u64,
}

/// The two ends of `axis`.
pub(super) fn ends(axis: Axis, options: &ScaleOptions) -> anyhow::Result<[End; 2]> {
    Ok(match axis {
        Axis::Services => {
            let requests = options.services * REQUESTS_PER_SERVICE;
            let end = |services| of_services(services, requests / services, options.seed);
            [end(FEW_SERVICES)?, end(options.services)?]
        }
        Axis::Series => {
            let services = options.label_sets.div_ceil(OPERATIONS);
            let end = |of| of_series(of, services, options.seed);
            [end(1)?, end(services)?]
        }
        Axis::Tenants => {
            let end = |tenants| of_tenants(tenants, options.seed);
            [end(1)?, end(options.tenants)?]
        }
    })
}

impl End {
    fn new(round: Round) -> Self {
        Self {
            round: Arc::new(round),
            rounds_to_see_all: 1,
        }
    }
}

fn of_services(services: u32, requests_per_service: u32, seed: u64) -> anyhow::Result<End> {
    let shape = Shape {
        seed,
        // Of a mesh's services about one in seven is never called; of a small one more.
        services: services + services / 6 + 4,
        requests_per_service,
        ..Shape::default()
    };
    Ok(End::new(Round::new(&shape)?))
}

fn of_series(services: usize, requests: usize, seed: u64) -> anyhow::Result<End> {
    let alike = AlikeRequests {
        requests,
        services,
        operations: OPERATIONS,
        spans: SPANS_PER_REQUEST,
        span_bytes: SPAN_BYTES,
    };
    Ok(End::new(alike.round(seed)?))
}

/// Each round is short, so that every tenant has its turn soon.
fn of_tenants(tenants: u64, seed: u64) -> anyhow::Result<End> {
    let shape = Shape {
        seed,
        services: FEW_SERVICES,
        requests_per_service: 1,
        ..Shape::default()
    };
    Ok(End {
        rounds_to_see_all: tenants,
        ..End::new(Round::new(&shape)?.by_tenants(tenants))
    })
}
