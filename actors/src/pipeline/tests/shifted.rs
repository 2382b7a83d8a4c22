//! A clock that is shifted: actors hear of it with the first stamp after it, and nothing ends early or late.

use super::*;
use crate::aggregator::CollectSeries;
use crate::time::{Era, TimeShift};

const HOUR: i64 = 3_600_000;

/// Tells all actors what time it is, as the timer does.
async fn tick(pipeline: &Pipeline, now: Stamp) {
    for matcher in pipeline.matchers.iter() {
        matcher.control().send(Expire { now }).await.unwrap();
    }
    for tenant in pipeline.tenants.all() {
        let aggregator = tenant.handles.aggregator.control();
        aggregator.send(CollectSeries { now }).await.unwrap();
    }
}

#[actix_rt::test]
async fn halves_and_series_live_as_long_as_without_the_shift() {
    let settings = TenantSettings::default();
    let (wait, stale) = (settings.service_graphs.wait, settings.registry.stale_duration);
    for by in [2 * HOUR, -2 * HOUR].map(TimeShift::from_milliseconds) {
        let Running { pipeline, .. } = start(settings.clone());
        export(&pipeline.intake(), call(1)).await.unwrap();
        let alone = ExportTraceServiceRequest {
            resource_spans: vec![export_of("shop", span(3, 100, 1, None))],
        };
        let alone = request(alone.encode_to_vec());
        export(&pipeline.intake(), alone).await.unwrap();
        pipeline.gate.drained().await;
        let (shifted, era) = (pipeline.clock.now().time + by, Era::default().after(by));
        let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
        let metrics = &tenant.handles.metrics;
        let left = || (metrics.pending_edges.get(), metrics.series_removed.get() > 0);
        tick(&pipeline, Stamp::new(shifted, era)).await;
        assert_eq!(left(), (1, false), "{by:?}");
        tick(&pipeline, Stamp::new(shifted + wait, era)).await;
        assert_eq!(left(), (0, false), "{by:?}");
        tick(&pipeline, Stamp::new(shifted + stale, era)).await;
        assert_eq!(left(), (0, true), "{by:?}");
    }
}
