//! What goes on inside: admission, mailboxes, tenants and their endpoints.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use prometheus_client::metrics::counter::Counter;
use spangraph_actors::durability::{DiskUse, EpochsDescription, SpanLogDescription};
use spangraph_actors::tenants::Tenant;
use spangraph_actors::writer::WriterDescription;
use spangraph_config::Limiter;

use crate::PagesContent;
use crate::loading::ReloadState;

/// The whole state, a block a topic.
pub async fn text(content: &PagesContent) -> String {
    let mut text = String::new();
    write_server(&mut text, content);
    write_admission(&mut text, content);
    write_actors(&mut text, content);
    for tenant in content.pipeline.tenants() {
        write_tenant(&mut text, &tenant);
        for writer in content.pipeline.writers(&tenant).await {
            write_endpoint(&mut text, &writer);
        }
    }
    text
}

fn write_server(text: &mut String, content: &PagesContent) {
    let state = content.obstacle().unwrap_or_else(|| "ready".to_owned());
    let uptime = humantime::format_duration(Duration::from_secs(content.started.elapsed().as_secs()));
    let _ = writeln!(
        text,
        "spangraph {}\nstate   {state}\nuptime  {uptime}",
        env!("CARGO_PKG_VERSION")
    );
    write_loading(text, &content.live.state());
    if let Some(epochs) = content.pipeline.epochs() {
        write_epochs(text, &epochs);
    }
    if let Some(log) = content.pipeline.span_log() {
        write_log(text, &log);
    }
}

fn write_log(text: &mut String, log: &SpanLogDescription) {
    let (requests, bytes) = (log.lag_requests, log.lag_bytes);
    let _ = writeln!(
        text,
        "span log  {requests} requests that no epoch has, in {bytes} bytes"
    );
    if let Some(trouble) = &log.trouble {
        let _ = writeln!(text, "requests cannot be logged: {trouble}");
    }
}

fn write_epochs(text: &mut String, epochs: &EpochsDescription) {
    let at = u64::try_from(epochs.cut_unix_milliseconds).unwrap_or(0);
    let at = humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_millis(at));
    let _ = match epochs.number {
        0 => writeln!(text, "last epoch  none yet"),
        number => writeln!(
            text,
            "last epoch  {number}, cut {at}, on the disk after {} ms, {} bytes of state on the disk",
            epochs.took.as_millis(),
            epochs.disk.last().state
        ),
    };
    if epochs.number > 0 {
        let _ = writeln!(text, "  requests held for {} ms", epochs.pause.as_millis());
        for (step, took) in epochs.steps.named() {
            let _ = writeln!(text, "  {step:<8} {} ms", took.as_millis());
        }
    }
    if let Some(trouble) = &epochs.trouble {
        let _ = writeln!(text, "state is not kept: {trouble}");
    }
    write_disk_use(text, &epochs.disk);
    for unclaimed in &epochs.unclaimed {
        let (samples, endpoint, tenant) = (unclaimed.samples, &unclaimed.endpoint, &unclaimed.tenant);
        let _ = writeln!(
            text,
            "{samples} samples wait for the endpoint {endpoint} of tenant {tenant}, which is not configured"
        );
    }
}

fn write_disk_use(text: &mut String, disk: &DiskUse) {
    let reading = disk.last();
    if let Some(free) = reading.free {
        let (fullest, most) = (reading.fullest_queue, reading.most_queue);
        let _ = writeln!(
            text,
            "disk  {free} bytes free, the fullest queue has {fullest} of {most} bytes"
        );
    }
    let Some(forecast) = disk.forecast() else { return };
    let over = whole_minutes(forecast.over);
    let _ = write!(text, "state grew by {} bytes in {over}", forecast.grown);
    for (what, full_in) in [
        ("a queue", forecast.queue_full_in),
        ("the disk", forecast.disk_full_in),
    ] {
        if let Some(full_in) = full_in {
            let _ = write!(
                text,
                ", {what} is full in {} at that pace",
                whole_minutes(full_in)
            );
        }
    }
    text.push('\n');
}

fn whole_minutes(time: Duration) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(time.as_secs() / 60 * 60))
}

fn write_loading(text: &mut String, loading: &ReloadState) {
    let loaded = humantime::format_rfc3339_seconds(loading.loaded());
    let _ = writeln!(text, "configuration loaded  {loaded}");
    for (what, attempt) in loading.attempts() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(attempt.unix_milliseconds);
        let at = humantime::format_rfc3339_seconds(at);
        let _ = writeln!(text, "last {what}  {at}, {}: {attempt}", attempt.trigger);
    }
}

fn write_admission(text: &mut String, content: &PagesContent) {
    let (level, bounds) = content.pipeline.gate();
    let _ = writeln!(text, "\nadmission (admitted and not yet applied)");
    let _ = writeln!(text, "  requests  {}", level.requests);
    let _ = writeln!(text, "  spans     {} of {}", level.spans, bounds.max_spans);
    let _ = writeln!(text, "  bytes     {} of {}", level.bytes, bounds.max_bytes);
}

fn write_actors(text: &mut String, content: &PagesContent) {
    let actors = content.pipeline.actors();
    let with_mailbox = actors.iter().filter(|actor| actor.mailbox.capacity > 0);
    let _ = writeln!(text, "\nmailboxes (messages that wait)");
    for actor in with_mailbox {
        let _ = writeln!(
            text,
            "  {:<24}  {} of {}",
            actor.name.to_string(),
            actor.mailbox.waiting,
            actor.mailbox.capacity
        );
    }
}

fn write_tenant(text: &mut String, tenant: &Tenant) {
    let _ = writeln!(text, "\ntenant {}", tenant.profile.id);
    write_rows(text, 2, &span_rows(tenant));
    write_rows(text, 2, &series_rows(tenant));
}

fn span_rows(tenant: &Tenant) -> Vec<(&'static str, String)> {
    let metrics = &tenant.handles.metrics;
    let most = tenant.profile.settings.service_graphs.max_items;
    vec![
        ("spans received", metrics.spans_received.get().to_string()),
        ("spans rejected", metrics.spans_rejected.get().to_string()),
        ("spans too old", metrics.discarded.too_old.get().to_string()),
        ("spans too new", metrics.discarded.too_new.get().to_string()),
        (
            "spans with an impossible duration",
            metrics.impossible_durations.total().to_string(),
        ),
        (
            "edges pending",
            format!("{} of {most}", tenant.handles.budgets.pending.taken()),
        ),
        ("edges counted", sum(&metrics.edges)),
        ("edges expired", sum(&metrics.edges_expired)),
        (
            "halves dropped, no room",
            metrics.halves.dropped_full.get().to_string(),
        ),
        (
            "halves dropped, filtered",
            metrics.halves.dropped_filtered.get().to_string(),
        ),
    ]
}

fn series_rows(tenant: &Tenant) -> Vec<(&'static str, String)> {
    let metrics = &tenant.handles.metrics;
    let (series, entities) = match tenant.profile.settings.registry.limiter {
        Limiter::Series(most) => (of_limit(most), String::new()),
        Limiter::Entities(most) => (String::new(), of_limit(most)),
    };
    vec![
        ("series", format!("{}{series}", metrics.active_series.get())),
        ("series wanted, about", metrics.demanded_series.get().to_string()),
        (
            "label sets",
            format!("{}{entities}", metrics.active_entities.get()),
        ),
        (
            "label sets wanted, about",
            metrics.demanded_entities.get().to_string(),
        ),
        ("updates limited", metrics.limited_updates.get().to_string()),
        ("span name patterns", metrics.span_name_patterns.get().to_string()),
    ]
}

fn of_limit(most: usize) -> String {
    if most == 0 {
        String::new()
    } else {
        format!(" of {most}")
    }
}

fn sum(counters: &[Counter]) -> String {
    counters.iter().map(Counter::get).sum::<u64>().to_string()
}

fn write_rows(text: &mut String, indent: usize, rows: &[(&'static str, String)]) {
    for (name, value) in rows {
        let _ = writeln!(text, "{:indent$}{name:<24}  {value}", "");
    }
}

fn write_endpoint(text: &mut String, writer: &WriterDescription) {
    let lag = humantime::format_duration(Duration::from_secs(writer.lag.as_secs()));
    let rows = [
        (
            "samples queued",
            format!("{} of {}", writer.queued.samples, writer.capacity),
        ),
        ("oldest sample waits", lag.to_string()),
        ("requests under way", writer.requests.to_string()),
        ("samples sent", writer.sent.samples.to_string()),
        ("samples refused", writer.failed.samples.to_string()),
        ("samples dropped", writer.dropped.samples.to_string()),
        ("histograms sent", writer.sent.histograms.to_string()),
        ("histograms refused", writer.failed.histograms.to_string()),
        (
            "last error",
            writer
                .last_error
                .as_ref()
                .map_or("none".to_owned(), |error| error.message.clone()),
        ),
    ];
    let _ = writeln!(text, "  endpoint {}", writer.endpoint);
    write_rows(text, 4, &rows);
}
