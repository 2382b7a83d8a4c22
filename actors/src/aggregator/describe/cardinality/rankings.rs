//! The metrics, labels, dimensions and services with the most series or values.

use std::cmp::Reverse;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::super::bit_set::BitSet;
use super::key_count::{KeyCount, ServiceCount};
use super::{
    DimensionDescription, LabelDescription, MOST_RANKED, MetricDescription, ServiceSeriesDescription,
};
use crate::aggregator::limits::LabelDemand;
use crate::aggregator::lookup::{Symbol, Symbols};
use crate::aggregator::series::{Family, FamilyTable};

/// Metrics by series, those without any left out.
pub fn metrics(families: &FamilyTable<Family>) -> Vec<MetricDescription> {
    let families = families.iter().filter(|family| family.heads.rows() > 0);
    let metrics = families.map(|family| MetricDescription {
        metric: family.name.to_string(),
        label_sets: family.heads.rows(),
        series: family.heads.rows() * family.series_per_row(),
    });
    ranked(metrics.collect(), |metric| (metric.series, &metric.metric))
}

/// Labels by values, or by the values that they would have; those without any left out.
pub fn labels(counts: &[KeyCount<'_>], demand: &[LabelDemand]) -> Vec<LabelDescription> {
    let mut labels: Vec<LabelDescription> = Vec::new();
    for (name, _) in counts.iter().flat_map(|count| &count.labels) {
        if labels.iter().any(|label| label.name == *name) {
            continue;
        }
        let demand = demand.iter().find(|demand| demand.name == *name);
        labels.push(LabelDescription {
            name: (*name).to_owned(),
            values: values(counts, name),
            demanded_values: demand.map(|demand| demand.values),
            is_over: demand.is_some_and(|demand| demand.is_over),
        });
    }
    labels.retain(|label| label.values > 0);
    ranked(labels, |label| {
        (label.values.max(label.demanded_values.unwrap_or(0)), &label.name)
    })
}

/// Labels whose values are or were taken together, most limited updates first.
pub fn limited_labels(demand: Vec<LabelDemand>) -> Vec<LabelDemand> {
    let limited = demand
        .into_iter()
        .filter(|label| label.is_over || label.limited_updates > 0);
    ranked(limited.collect(), |label| (label.limited_updates, &label.name))
}

/// Labels that the settings ask for, by values; those without any too, as they cost a setting.
pub fn dimensions(counts: &[KeyCount<'_>]) -> Vec<DimensionDescription> {
    let dimensions = counts.iter().flat_map(|count| {
        let dimensions = count.table.dimensions.iter().zip(count.label_sets_without());
        dimensions.filter_map(|(dimension, label_sets_without)| {
            Some(DimensionDescription {
                label: count.table.label_names.get(dimension.place)?.clone(),
                configured: dimension.configured.clone(),
                setting: dimension.setting,
                values: count.values(dimension.place),
                label_sets: count.label_sets,
                label_sets_without,
            })
        })
    });
    ranked(dimensions.collect(), |dimension| {
        (dimension.values, &dimension.label)
    })
}

/// Services by series, those of both layers added up.
pub fn services(counts: &[KeyCount<'_>]) -> Vec<ServiceSeriesDescription> {
    let mut services: HashMap<&str, ServiceCount, RandomState> = HashMap::default();
    for count in counts {
        for (service, found) in &count.services {
            let service = services
                .entry(count.table.keys.symbols().text(*service))
                .or_default();
            service.series += found.series;
            service.label_sets += found.label_sets;
        }
    }
    let most = ranked(services.into_iter().collect(), |(name, count)| {
        (count.series, *name)
    });
    let described = |(service, count): (&str, ServiceCount)| ServiceSeriesDescription {
        service: service.to_owned(),
        series: count.series,
        label_sets: count.label_sets,
    };
    most.into_iter().map(described).collect()
}

/// How many distinct values the label `name` has in all tables.
fn values(counts: &[KeyCount<'_>], name: &str) -> usize {
    let mut total = 0;
    let mut earlier: Vec<(&Symbols, &BitSet)> = Vec::new();
    for count in counts {
        let symbols = count.table.keys.symbols();
        let Some((_, values)) = count.labels.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        let is_new = |index: &usize| {
            let text = symbols.text_at(*index);
            !earlier.iter().any(|(symbols, values)| has(symbols, values, text))
        };
        total += if earlier.is_empty() {
            values.len()
        } else {
            values.iter().filter(is_new).count()
        };
        earlier.push((symbols, values));
    }
    total
}

fn has(symbols: &Symbols, values: &BitSet, text: &str) -> bool {
    let index = symbols.find(text).and_then(Symbol::index);
    index.is_some_and(|index| values.contains(index))
}

/// The [`MOST_RANKED`] with the largest number, of equal ones those that come first by name.
fn ranked<T, N: Ord>(mut all: Vec<T>, rank: impl Fn(&T) -> (N, &str)) -> Vec<T> {
    all.sort_by(|left, right| {
        let ((left, left_name), (right, right_name)) = (rank(left), rank(right));
        (Reverse(left), left_name).cmp(&(Reverse(right), right_name))
    });
    all.truncate(MOST_RANKED);
    all
}
