//! What a tenant's settings make of a series' own labels: lengths, and labels added to every series.

mod durable;

use spangraph_config::{RegistrySettings, TenantId};

use super::label_set::EncodedLabels;
use crate::label_names::cut;

/// The rules for the labels of one tenant (SPEC §7).
#[derive(Debug, PartialEq)]
pub struct LabelRules {
    max_name_bytes: usize,
    max_value_bytes: usize,
    /// Added to every series over its own labels and never cut; of repeated names the last wins.
    added: Vec<(String, String)>,
}

impl LabelRules {
    /// The rules of `tenant`.
    pub fn new(settings: &RegistrySettings, tenant: &TenantId) -> Self {
        let external = settings
            .external_labels
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        let tenant_label = settings
            .inject_tenant_id_as
            .iter()
            .filter(|name| !name.is_empty());
        let tenant_label = tenant_label.map(|name| (name.clone(), tenant.as_str().to_owned()));
        Self {
            max_name_bytes: settings.max_label_name_length,
            max_value_bytes: settings.max_label_value_length,
            added: external
                .chain(settings.instance_label.clone())
                .chain(tenant_label)
                .collect(),
        }
    }

    /// Encodes the labels of a series whose own are `own`: they are cut, then what is added comes over them.
    pub fn encode<'a>(&self, own: impl Iterator<Item = (&'a str, &'a str)>) -> EncodedLabels<Vec<u8>> {
        let mut labels = Vec::new();
        labels.extend(
            own.map(|(name, value)| (cut(name, self.max_name_bytes), cut(value, self.max_value_bytes))),
        );
        labels.extend(self.added());
        EncodedLabels::new(labels)
    }

    /// Encodes the labels of the series that gather what limits turn away.
    pub fn encode_overflow(&self) -> EncodedLabels<Vec<u8>> {
        EncodedLabels::new(
            [("metric_overflow", "true")]
                .into_iter()
                .chain(self.added())
                .collect(),
        )
    }

    fn added(&self) -> impl Iterator<Item = (&str, &str)> {
        self.added
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> LabelRules {
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let settings = RegistrySettings {
            external_labels: [label("cluster", "c-1"), label("client", "shadow")].into(),
            inject_tenant_id_as: Some("tenant_id".to_owned()),
            instance_label: Some(label("__metrics_gen_instance", "host")),
            max_label_name_length: 12,
            max_label_value_length: 8,
            ..RegistrySettings::default()
        };
        LabelRules::new(&settings, &TenantId::single())
    }

    #[test]
    fn own_labels_are_cut_and_those_added_are_not() {
        let own = [
            ("client", "service-with-a-long-name"),
            ("connection_type", "database"),
            ("server", "database-one"),
        ];
        let labels = rules().encode(own.into_iter());
        let expected = [
            ("__metrics_gen_instance", "host"),
            ("client", "shadow"),
            ("cluster", "c-1"),
            ("connection_t", "database"),
            ("server", "database"),
            ("tenant_id", "single-tenant"),
        ];
        assert_eq!(labels.pairs().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn names_that_are_the_same_once_cut_are_one_label() {
        let labels = rules().encode([("averylongattribute", "1"), ("averylongattempt", "2")].into_iter());
        assert!(labels.pairs().any(|pair| pair == ("averylongatt", "2")));
        assert_eq!(labels.pairs().count(), 5);
    }

    #[test]
    fn the_overflow_has_the_added_labels_too() {
        let labels = rules().encode_overflow();
        let names: Vec<_> = labels.pairs().map(|pair| pair.0).collect();
        assert_eq!(
            names,
            [
                "__metrics_gen_instance",
                "client",
                "cluster",
                "metric_overflow",
                "tenant_id"
            ]
        );
    }
}
