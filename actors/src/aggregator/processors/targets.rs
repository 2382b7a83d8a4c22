//! Targets and hosts: gauges that say which there are.

use spangraph_config::TenantSettings;

use crate::aggregator::series::{Family, FamilyId, FamilyKind, FamilyTable, SeriesStore, Update, add_family};
use crate::batches::SpanUpdates;

const TARGET_INFO: &str = "1 for every resource that sent spans, with its attributes.";
const HOST_INFO: &str = "1 for every host that sent spans.";

/// The gauges of resources of one tenant, over its series store (SPEC §3 and §4).
#[derive(Debug)]
pub struct Targets {
    target_info: Option<FamilyId>,
    host_info: Option<FamilyId>,
}

impl Targets {
    /// Adds the families that `settings` switch on to `families`.
    pub fn new(settings: &TenantSettings, families: &mut FamilyTable<Family>) -> Self {
        let mut add = |on: bool, name: &str, help| {
            add_family(families, on.then(|| Family::new(name, help, &FamilyKind::Gauge)))
        };
        let (processors, span_metrics) = (settings.processors, &settings.span_metrics);
        let target_info = processors.any_span_metrics() && span_metrics.enable_target_info;
        let targets = Self {
            target_info: add(target_info, "traces_target_info", TARGET_INFO),
            host_info: add(processors.host_info, &settings.host_info.metric_name, HOST_INFO),
        };
        if let Some(id) = targets.target_info {
            families[id].label_names = span_metrics.target_info_excluded_dimensions.clone().into();
        }
        targets
    }

    /// Sets the gauge of every target and host to 1.
    pub fn apply(&self, updates: &SpanUpdates, store: &mut SeriesStore, now_unix_milliseconds: i64) {
        let text = |id| updates.texts.get(id);
        if let Some(family) = self.target_info {
            let mut start = 0;
            for target in &updates.targets {
                let end = target.labels_end as usize;
                let labels = updates.target_labels.get(start..end).unwrap_or_default();
                let own = labels.iter().map(|(name, value)| (text(*name), text(*value)));
                set_to_one(family, own, store, now_unix_milliseconds);
                start = end;
            }
        }
        if let Some(family) = self.host_info {
            for host in &updates.hosts {
                let own = [
                    ("grafana_host_id", text(host.id)),
                    ("host_source", text(host.source)),
                ];
                set_to_one(family, own.into_iter(), store, now_unix_milliseconds);
            }
        }
    }
}

fn set_to_one<'a>(
    family: FamilyId,
    own: impl Iterator<Item = (&'a str, &'a str)>,
    store: &mut SeriesStore,
    now: i64,
) {
    let label_set = store.label_set(own);
    store.update(family, label_set, Update::Set(1.0), now);
    store.settle(label_set);
}
