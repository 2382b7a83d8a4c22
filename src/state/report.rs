//! What there is to tell of state, as text.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime};

use spangraph_actors::durability::{TenantNames, source_part};
use spangraph_storage::epochs::{Condition, Epoch, Loss, Lost};
use spangraph_storage::span_log::LogCondition;

/// The condition of the state in a folder.
pub(super) struct Report<'a> {
    folder: &'a Path,
    condition: &'a Condition,
    log: Option<&'a LogCondition>,
    names: TenantNames,
}

impl<'a> Report<'a> {
    pub(super) fn new(folder: &'a Path, condition: &'a Condition, log: Option<&'a LogCondition>) -> Self {
        Self {
            folder,
            condition,
            log,
            names: TenantNames::of(condition.blocks.clone()),
        }
    }

    /// Whether all can be read.
    pub(super) fn is_well(&self) -> bool {
        self.condition.losses.is_empty()
            && self.log.is_none_or(|log| log.losses.is_empty())
            && self.missing().is_none()
    }

    /// How much there is, and whose.
    pub(super) fn info(&self) -> String {
        let Condition {
            usage,
            file_bytes,
            free_bytes,
            ..
        } = self.condition;
        let mut text = format!("folder: {}\n{}", self.folder.display(), self.epoch());
        let _ = writeln!(
            text,
            "on the disk: {file_bytes} bytes, {free_bytes} more are free"
        );
        let (live, of, segments) = (usage.live_bytes, usage.segment_bytes, usage.segments);
        let _ = writeln!(text, "in use: {live} bytes of {of} in {segments} segments");
        for (tenant, blocks) in &usage.tenants {
            let (count, bytes) = (blocks.blocks, blocks.bytes);
            let tenant = self.names.name(*tenant);
            let _ = writeln!(text, "tenant {tenant}: {count} blocks of {bytes} bytes");
        }
        for (endpoint, waiting) in &usage.endpoints {
            let (samples, bytes) = (waiting.samples, waiting.bytes);
            let (name, tenant) = (&endpoint.name, self.names.name(endpoint.tenant));
            let _ = writeln!(
                text,
                "endpoint {name} of tenant {tenant}: {samples} samples wait, {bytes} bytes"
            );
        }
        text + &self.span_log() + &self.harmless() + &self.losses()
    }

    /// What can be read and what cannot.
    pub(super) fn check(&self) -> String {
        if self.is_well() {
            let torn = self.condition.torn.as_ref().map(|(path, _)| {
                format!(
                    "{} ends with what was being written when the machine stopped, and does not count\n",
                    path.display()
                )
            });
            return format!(
                "{}: all can be read\n{}{}{}",
                self.folder.display(),
                self.epoch(),
                torn.unwrap_or_default(),
                self.harmless()
            );
        }
        let what = if self.condition.losses.is_empty() {
            "spangraph state reset --log and lose what was answered since the last epoch"
        } else {
            "spangraph state reset and lose all of it"
        };
        self.losses() + &format!("restore the folder from a copy, or run {what}\n")
    }

    /// The position of the first request that no epoch has.
    fn position(&self) -> u64 {
        let epoch = self.condition.epoch.as_ref();
        let position = epoch.and_then(|epoch| epoch.positions.get(&source_part()));
        position.copied().unwrap_or(0)
    }

    /// The requests that neither an epoch nor the log has.
    fn missing(&self) -> Option<Range<u64>> {
        let log = self.log.filter(|log| log.segments > 0)?;
        let missing = self.position()..log.positions.start;
        (!missing.is_empty()).then_some(missing)
    }

    /// What the log holds, and how much of that no epoch has.
    fn span_log(&self) -> String {
        let Some(LogCondition {
            segments,
            bytes,
            positions,
            ..
        }) = self.log
        else {
            return String::new();
        };
        let kept = self.position().max(positions.start);
        let missing = positions.end.saturating_sub(kept);
        format!("span log: {bytes} bytes in {segments} files, {missing} requests that no epoch has\n")
    }

    fn epoch(&self) -> String {
        match &self.condition.epoch {
            Some(Epoch {
                number,
                cut_unix_milliseconds,
                content_version,
                ..
            }) => format!(
                "epoch: {number}, cut at {}, version {content_version}\n",
                time_of(*cut_unix_milliseconds)
            ),
            None => "epoch: none was kept yet\n".to_owned(),
        }
    }

    /// What is damaged without a loss.
    fn harmless(&self) -> String {
        let of_log = self.log.iter().flat_map(|log| &log.harmless);
        let harmless = self.condition.harmless.iter().chain(of_log);
        harmless
            .map(|damage| format!("damaged: {damage}; nothing is lost by that\n"))
            .collect()
    }

    fn losses(&self) -> String {
        let losses = self.condition.losses.iter();
        let of_log = self.log.iter().flat_map(|log| &log.losses);
        let losses = losses.map(|loss| format!("damaged: {loss}{}\n", self.whose(loss)));
        let of_log = of_log.map(|loss| format!("damaged: {loss}\n"));
        let missing = self.missing().map(|missing| {
            let (first, last) = (missing.start, missing.end.saturating_sub(1));
            format!("missing: requests {first} to {last} of the span log are not there\n")
        });
        losses.chain(of_log).chain(missing).collect()
    }

    /// The name behind the key of a loss.
    fn whose(&self, loss: &Loss) -> String {
        let tenant = match &loss.lost {
            Lost::Manifest => None,
            Lost::Block(key) => Some(key.tenant),
            Lost::Samples { endpoint, .. } => Some(endpoint.tenant),
        };
        let name = tenant.and_then(|tenant| self.names.get(tenant));
        name.map_or_else(String::new, |name| format!(" (that is {name})"))
    }
}

fn time_of(unix_milliseconds: i64) -> humantime::Rfc3339Timestamp {
    let since = Duration::from_millis(u64::try_from(unix_milliseconds).unwrap_or(0));
    humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + since)
}
