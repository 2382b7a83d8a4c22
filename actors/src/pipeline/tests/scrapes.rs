//! Scrapes of a durable pipeline: what they show is on the disk, and they cost no more than they must.

use std::path::PathBuf;
use std::time::Instant;

use futures_util::future::join_all;
use spangraph_config::DurabilitySettings;
use spangraph_storage::disk::memory::{MemoryDisk, Tear};

use super::stopping::in_time;
use super::*;
use crate::durability::StateFolder;
use crate::pipeline::NotExposed;

/// No epoch is due for as long as a test takes.
const NEVER: Duration = Duration::from_secs(3_600);

fn start_on(disk: &MemoryDisk, settings: TenantSettings) -> Pipeline {
    let durability = DurabilitySettings {
        path: PathBuf::from("state"),
        interval: NEVER,
        max_queue_bytes: 1 << 20,
        log: None,
        max_backfill: Duration::ZERO,
    };
    let found = StateFolder::on(Arc::new(disk.clone()), &durability)
        .read()
        .unwrap();
    let durable = DurableParts {
        found,
        interval: NEVER,
        log: None,
        max_backfill: Duration::ZERO,
    };
    let parts = PipelineParts {
        durable: Some(durable),
        ..parts(Arc::new(move |_| settings.clone()))
    };
    Pipeline::start(parts).unwrap()
}

/// Settings by which nothing is collected for as long as a test takes.
fn never_collected() -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.registry.collection_interval = NEVER;
    settings
}

async fn scrape(pipeline: &Pipeline) -> Result<String, NotExposed> {
    let format = ExpositionFormat::PrometheusText;
    pipeline.view().expose(&TenantId::single(), format).await
}

async fn scraped_calls(pipeline: &Pipeline) -> Result<f64, NotExposed> {
    let page = Scrape::parse(&scrape(pipeline).await?).unwrap();
    Ok(page.sum("traces_service_graph_request_total", CALLS))
}

async fn until_scraped(pipeline: &Pipeline, calls: f64) {
    let mut scraped = scraped_calls(pipeline).await;
    for _ in 0..200 {
        if scraped == Ok(calls) {
            return;
        }
        actix_rt::time::sleep(Duration::from_millis(10)).await;
        scraped = scraped_calls(pipeline).await;
    }
    panic!("{scraped:?} calls, not {calls}");
}

fn epochs(pipeline: &Pipeline) -> u64 {
    pipeline.durability.as_ref().unwrap().describe().number
}

#[actix_rt::test]
async fn what_was_scraped_is_there_after_the_power_failed() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, never_collected());
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_scraped(&pipeline, 1.0).await;
    export(&pipeline.intake(), call(2)).await.unwrap();
    pipeline.gate.drained().await;
    disk.restart(Tear::Lost);
    let next = start_on(&disk, never_collected());
    assert_eq!(scraped_calls(&next).await, Ok(1.0));
    export(&next.intake(), call(3)).await.unwrap();
    until_scraped(&next, 2.0).await;
}

#[actix_rt::test]
async fn all_tenants_are_scraped_as_of_one_cut() {
    let pipeline = start_on(&MemoryDisk::default(), never_collected());
    for tenant in ["a", "b"] {
        let request = ExportRequest {
            tenant: TenantId::parse(tenant).unwrap(),
            ..call(1)
        };
        export(&pipeline.intake(), request).await.unwrap();
    }
    pipeline.gate.drained().await;
    let page = pipeline.view().expose_all(ExpositionFormat::OpenMetrics).await;
    let page = Scrape::parse(&page.unwrap()).unwrap();
    for tenant in ["a", "b"] {
        let calls = page.sum("traces_service_graph_request_total", &[("tenant", tenant)]);
        assert_eq!(calls, 1.0, "{tenant}");
    }
    let unknown = TenantId::parse("unknown").unwrap();
    let page = pipeline
        .view()
        .expose(&unknown, ExpositionFormat::OpenMetrics)
        .await;
    assert_eq!(page.as_deref(), Ok("# EOF\n"));
}

#[actix_rt::test]
async fn scrapes_that_come_together_share_an_epoch_and_many_make_one_a_second() {
    let pipeline = start_on(&MemoryDisk::default(), never_collected());
    export(&pipeline.intake(), call(1)).await.unwrap();
    let pages = join_all((0..50).map(|_| scrape(&pipeline))).await;
    assert!(pages.iter().all(Result::is_ok), "{pages:?}");
    assert!(epochs(&pipeline) <= 2, "{}", epochs(&pipeline));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        scrape(&pipeline).await.unwrap();
    }
    let most = 3 + begun.elapsed().as_secs();
    assert!(epochs(&pipeline) <= most, "{} of {most}", epochs(&pipeline));
}

#[actix_rt::test]
async fn a_scrape_collects_nothing_that_is_not_due() {
    let remote = Remote::start();
    let settings = TenantSettings {
        remote_write: vec![remote.endpoint.clone()],
        ..never_collected()
    };
    let pipeline = start_on(&MemoryDisk::default(), settings);
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_scraped(&pipeline, 1.0).await;
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    assert_eq!(tenant.handles.metrics.collections.get(), 0);
    let report = pipeline.drain(in_time()).await;
    assert_eq!((report.samples_lost, report.steps_failed), (0, Vec::new()));
    assert_eq!(tenant.handles.metrics.collections.get(), 1);
    assert!(remote.has_received("traces_service_graph_request_total"));
}

#[actix_rt::test]
async fn a_disk_that_fails_is_told_and_one_that_is_calm_again_serves() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, never_collected());
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_scraped(&pipeline, 1.0).await;
    export(&pipeline.intake(), call(2)).await.unwrap();
    disk.set_capacity(Some(disk.used_bytes()));
    let failed = scrape(&pipeline).await.unwrap_err().to_string();
    let expected =
        "what is scraped is on the disk first, and that is not so: the state of this cut was not kept: ";
    assert!(failed.starts_with(expected), "{failed}");
    disk.set_capacity(None);
    until_scraped(&pipeline, 2.0).await;
}

#[actix_rt::test]
async fn a_stop_answers_scrapes_that_wait_and_those_that_come() {
    let disk = MemoryDisk::default();
    let pipeline = start_on(&disk, never_collected());
    export(&pipeline.intake(), call(1)).await.unwrap();
    until_scraped(&pipeline, 1.0).await;
    // This one rests for a second after the one before, and is served by the last epoch.
    let view = pipeline.view();
    let waiting = actix_rt::spawn(async move {
        view.expose(&TenantId::single(), ExpositionFormat::PrometheusText)
            .await
    });
    actix_rt::time::sleep(Duration::from_millis(20)).await;
    pipeline.drain(in_time()).await;
    assert!(waiting.await.unwrap().is_ok());
    let stopped = scrape(&pipeline).await.unwrap_err();
    assert!(
        stopped.to_string().ends_with("the server is shutting down"),
        "{stopped}"
    );
}
