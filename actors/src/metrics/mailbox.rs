//! How full each actor's mailbox is, and how long messages wait in it.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Labels of a metric that each actor has once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActorLabels {
    actor: &'static str,
    index: String,
}

/// Labels of a metric that all actors of a role share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoleLabels {
    actor: &'static str,
}

/// The metrics of all mailboxes.
#[derive(Clone, Debug)]
pub struct MailboxFamilies {
    length: Family<ActorLabels, Gauge>,
    capacity: Family<ActorLabels, Gauge>,
    wait: Family<RoleLabels, Histogram, fn() -> Histogram>,
}

/// The handles of one actor's mailbox.
#[derive(Clone, Debug)]
pub struct MailboxMetrics {
    /// Messages that wait.
    pub length: Gauge,
    /// How many may.
    pub capacity: Gauge,
    /// How long messages wait, in seconds.
    pub wait: Histogram,
}

impl MailboxFamilies {
    /// Registers them in `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "mailbox_length",
            "Messages that wait in an actor's mailbox",
            self.length.clone(),
        );
        registry.register(
            "mailbox_capacity",
            "Messages that may wait",
            self.capacity.clone(),
        );
        registry.register(
            "mailbox_wait_seconds",
            "How long messages wait",
            self.wait.clone(),
        );
    }

    /// The handles of the mailbox of actor `index` of a role.
    #[must_use]
    pub fn mailbox(&self, actor: &'static str, index: impl ToString) -> MailboxMetrics {
        let labels = ActorLabels {
            actor,
            index: index.to_string(),
        };
        MailboxMetrics {
            length: self.length.get_or_create_owned(&labels),
            capacity: self.capacity.get_or_create_owned(&labels),
            wait: self.wait.get_or_create_owned(&RoleLabels { actor }),
        }
    }
}

impl MailboxMetrics {
    /// Handles that no registry knows, for tests.
    #[must_use]
    pub fn unregistered() -> Self {
        MailboxFamilies::default().mailbox("test", 0)
    }
}

impl Default for MailboxFamilies {
    fn default() -> Self {
        Self {
            length: Family::default(),
            capacity: Family::default(),
            wait: Family::new_with_constructor(|| Histogram::new(exponential_buckets(1e-5, 10.0, 7))),
        }
    }
}
