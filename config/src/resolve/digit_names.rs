//! Tells which dimensions become labels that begin with a digit: they are sent as Tempo sends them, and stores refuse them.

use crate::TenantSettings;

/// The notice about the dimensions and mappings of `settings`; `None` when all are fine.
pub fn notice(settings: &TenantSettings) -> Option<String> {
    let graphs = &settings.service_graphs;
    let spans = &settings.span_metrics;
    let of_graphs = graphs
        .dimensions
        .iter()
        .filter(|_| !graphs.enable_client_server_prefix);
    let advice: Vec<_> = of_graphs
        .filter_map(|name| Some(in_graphs(name, &label_of(name)?)))
        .chain(
            spans
                .dimensions
                .iter()
                .filter_map(|name| Some(in_spans(name, &label_of(name)?))),
        )
        .chain(
            spans
                .dimension_mappings
                .iter()
                .filter_map(|mapping| Some(in_mappings(&mapping.name, &label_of(&mapping.name)?))),
        )
        .collect();
    (!advice.is_empty()).then(|| {
        format!(
            "labels that begin with a digit are sent as they are, and stores refuse or drop their series: {}",
            advice.join("; ")
        )
    })
}

/// The label that `name` becomes, when it begins with a digit.
fn label_of(name: &str) -> Option<String> {
    let begins_so = name.starts_with(|first: char| first.is_ascii_digit());
    begins_so.then(|| {
        let characters = name.chars();
        characters
            .map(|character| {
                if character.is_ascii_alphanumeric() {
                    character
                } else {
                    '_'
                }
            })
            .collect()
    })
}

fn in_graphs(name: &str, label: &str) -> String {
    format!(
        "the dimension {name:?} of service_graphs (set enable_client_server_prefix, or rename the attribute to _{name} where \
         spans are made, or the label in write_relabel_configs: {{action: labelmap, regex: \"({label})\", replacement: \"_$1\"}} \
         and {{action: labeldrop, regex: \"{label}\"}})"
    )
}

fn in_spans(name: &str, label: &str) -> String {
    format!(
        "the dimension {name:?} of span_metrics (write dimension_mappings: [{{name: _{label}, source_labels: [{name:?}]}}] \
         instead)"
    )
}

fn in_mappings(name: &str, label: &str) -> String {
    format!("the mapping {name:?} of span_metrics (name it _{label})")
}

#[cfg(test)]
mod tests {
    use crate::DimensionMapping;

    use super::*;

    #[test]
    fn names_that_begin_with_a_digit_are_told_with_what_to_write() {
        let mut settings = TenantSettings::default();
        assert_eq!(notice(&settings), None);
        settings.service_graphs.dimensions = vec!["3rd.party".to_owned(), "fine".to_owned()];
        settings.span_metrics.dimensions = vec!["9-lives".to_owned()];
        settings.span_metrics.dimension_mappings = vec![DimensionMapping {
            name: "2fa".to_owned(),
            ..DimensionMapping::default()
        }];
        let told = notice(&settings).unwrap();
        for part in [
            "the dimension \"3rd.party\" of service_graphs",
            "regex: \"(3rd_party)\", replacement: \"_$1\"",
            "dimension_mappings: [{name: _9_lives, source_labels: [\"9-lives\"]}]",
            "the mapping \"2fa\" of span_metrics (name it _2fa)",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("fine"), "{told}");
    }

    #[test]
    fn a_prefix_takes_the_digit_from_the_start() {
        let mut settings = TenantSettings::default();
        settings.service_graphs.dimensions = vec!["3rd".to_owned()];
        settings.service_graphs.enable_client_server_prefix = true;
        assert_eq!(notice(&settings), None);
    }
}
