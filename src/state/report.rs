//! What there is to tell of state, as text.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use spangraph_actors::durability::TenantNames;
use spangraph_storage::epochs::{Condition, Epoch, Loss, Lost};

/// The condition of the state in a folder.
pub(super) struct Report<'a> {
    folder: &'a Path,
    condition: &'a Condition,
    names: TenantNames,
}

impl<'a> Report<'a> {
    pub(super) fn new(folder: &'a Path, condition: &'a Condition) -> Self {
        Self {
            folder,
            condition,
            names: TenantNames::of(condition.blocks.clone()),
        }
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
        text + &self.losses()
    }

    /// Whether all can be read.
    pub(super) fn check(&self) -> String {
        if self.condition.losses.is_empty() {
            let torn = self.condition.torn.as_ref().map(|(path, _)| {
                format!(
                    "{} ends with what was being written when the machine stopped, and does not count\n",
                    path.display()
                )
            });
            return format!(
                "{}: all can be read\n{}{}",
                self.folder.display(),
                self.epoch(),
                torn.unwrap_or_default()
            );
        }
        let advice = "restore the folder from a copy, or run spangraph state reset and lose all of it\n";
        self.losses() + advice
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

    fn losses(&self) -> String {
        let losses = self.condition.losses.iter();
        losses
            .map(|loss| format!("damaged: {loss}{}\n", self.whose(loss)))
            .collect()
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
