//! Registries that are written as epochs are, read again, and go on, against one that was never interrupted.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_config::{HistogramKind, Limiter, SpanNameSanitization, TenantId, TenantSettings};

use super::MINUTE;
use super::images::{Step, apply, collected, settings, step, written};
use crate::aggregator::decoded::{decode, edges, registry};
use crate::aggregator::durable::{Flaw, RegistryImage, RegistryLoader, RestoreError, RestoredSeries};
use crate::aggregator::exposition::ExpositionFormat;
use crate::aggregator::registry::Registry;
use crate::durability::{StateImage, TableBlock, Which};

/// What lies on the disk.
type Blocks = BTreeMap<TableBlock, Vec<u8>>;

/// Writes an epoch over the one before.
fn save(image: &RegistryImage, which: Which, blocks: &mut Blocks) {
    let mut sink = |at, bytes: &[u8]| {
        blocks.insert(at, bytes.to_vec());
        Ok(())
    };
    image.save(which, &mut sink).unwrap();
    let tables = image.tables();
    blocks.retain(|at, _| {
        let mut tables = tables.iter();
        tables.any(|table| table.table == at.table && at.block < table.blocks)
    });
}

fn restore(blocks: &Blocks, settings: &TenantSettings) -> Result<RestoredSeries, RestoreError> {
    let tenant = TenantId::single();
    let mut loader = RegistryLoader::new(settings, &tenant);
    blocks
        .iter()
        .try_for_each(|(at, bytes)| loader.read(*at, bytes))?;
    loader.finish()
}

fn limited() -> TenantSettings {
    let mut settings = settings();
    settings.registry.limiter = Limiter::Series(150);
    settings.registry.max_cardinality_per_label = 3;
    settings.registry.span_name_sanitization = SpanNameSanitization::Enabled;
    settings
}

/// What happens, and whether the process ends after it.
fn steps() -> impl Strategy<Value = Vec<(Step, bool)>> {
    vec((step(), prop::bool::weighted(0.2)), 1..50)
}

fn assert_goes_on(settings: &TenantSettings, steps: Vec<(Step, bool)>) -> Result<(), TestCaseError> {
    let (mut model, mut tested) = (registry(settings), registry(settings));
    let (mut blocks, mut now) = (Blocks::new(), MINUTE);
    for (step, ends) in steps {
        now += 2;
        if let Step::Wait(milliseconds) = step {
            now += i64::from(milliseconds);
        }
        apply(&mut model, &step, now);
        apply(&mut tested, &step, now);
        let collects = matches!(step, Step::Collect);
        let image = tested.freeze(now, collects);
        if collects {
            prop_assert_eq!(written(&collected(&image)), written(&model.collect(now)));
        }
        save(&image, Which::Changed, &mut blocks);
        if ends {
            drop(image);
            let restored = restore(&blocks, settings).unwrap();
            prop_assert!(restored.ended.chunks.is_empty());
            tested = restored.registry;
            blocks.clear();
            save(&tested.freeze(now, false), Which::All, &mut blocks);
        }
        tested.forget_slice(usize::MAX);
        let (ours, theirs) = (model.stats(), tested.stats());
        prop_assert_eq!(ours.series.active, theirs.series.active);
        prop_assert_eq!(ours.label_sets, theirs.label_sets);
        prop_assert_eq!(ours.span_name_patterns, theirs.span_name_patterns);
        prop_assert_eq!(model.last_collected(), tested.last_collected());
        prop_assert!(model.label_demand().eq(tested.label_demand()));
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_registry_goes_on_as_if_it_had_never_been_interrupted(steps in steps()) {
        assert_goes_on(&settings(), steps)?;
    }

    #[test]
    fn one_with_a_limit_on_series_and_patterns_of_names_does_too(steps in steps()) {
        let settings = TenantSettings {
            registry: spangraph_config::RegistrySettings { max_cardinality_per_label: 0, ..limited().registry },
            ..limited()
        };
        assert_goes_on(&settings, steps)?;
    }

    #[test]
    fn one_with_limits_on_label_sets_and_the_values_of_labels_does_too(steps in steps()) {
        let mut settings = limited();
        settings.registry.limiter = Limiter::Entities(8);
        assert_goes_on(&settings, steps)?;
    }

    #[test]
    fn settings_that_changed_over_a_restart_end_what_a_reload_would_end(
        steps in vec(step(), 1..30), changes in any::<[bool; 4]>(),
    ) {
        let mut other = limited();
        let [native, info, region, unlimited] = changes;
        other.processors.service_graphs_connection_info = info;
        if native {
            other.registry.histograms.kind = HistogramKind::Native;
        }
        if region {
            other.registry.external_labels = [("region".to_owned(), "eu".to_owned())].into();
        }
        if unlimited {
            other.registry.max_cardinality_per_label = 0;
        }
        assert_ends_as_by_a_reload(&steps, &other)?;
    }

    #[test]
    fn bytes_that_are_no_registry_are_an_error_and_no_panic(
        place in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), change in 1u8..,
    ) {
        let mut blocks = two_calls();
        let place = place.index(blocks.len());
        let (_, bytes) = blocks.iter_mut().nth(place).unwrap();
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] ^= change;
        }
        let _ = restore(&blocks, &settings());
    }
}

fn assert_ends_as_by_a_reload(steps: &[Step], other: &TenantSettings) -> Result<(), TestCaseError> {
    let (mut live, mut now) = (registry(&limited()), MINUTE);
    for step in steps {
        now += if let Step::Wait(milliseconds) = step {
            i64::from(*milliseconds)
        } else {
            2
        };
        apply(&mut live, step, now);
        if matches!(step, Step::Collect) {
            live.collect(now);
        }
    }
    let mut blocks = Blocks::new();
    save(&live.freeze(now, false), Which::All, &mut blocks);
    let RestoredSeries { mut registry, ended } = restore(&blocks, other).unwrap();
    let ended_at = live.last_collected().map_or(0, |last| last + 1);
    let expected = live.reconfigure(other, &TenantId::single(), ended_at);
    prop_assert_eq!(written(&ended), written(&expected));
    for step in steps {
        now += 2;
        apply(&mut live, step, now);
        apply(&mut registry, step, now);
    }
    prop_assert_eq!(
        written(&registry.collect(now + 1)),
        written(&live.collect(now + 1))
    );
    Ok(())
}

/// The blocks of a registry that was collected once.
fn two_calls() -> Blocks {
    let mut registry = registry(&settings());
    registry.apply(&edges(&[("a", "b"), ("b", "c")]), MINUTE);
    let mut blocks = Blocks::new();
    save(&registry.freeze(MINUTE + 15_000, true), Which::All, &mut blocks);
    blocks
}

#[test]
fn only_blocks_that_changed_are_written_again() {
    let names: Vec<_> = (0..1_000).map(|number| format!("c{number}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "s")).collect();
    let mut registry = registry(&settings());
    registry.apply(&edges(&pairs), MINUTE);
    let mut now = MINUTE + 15_000;
    let mut written = |registry: &mut Registry, which, collects| {
        now += 1_000;
        let mut blocks = 0;
        let mut sink = |_, _: &[u8]| {
            blocks += 1;
            Ok(())
        };
        registry.freeze(now, collects).save(which, &mut sink).unwrap();
        blocks
    };
    // The books; of label sets, calls, two histograms and connections 8 blocks each.
    assert_eq!(written(&mut registry, Which::Changed, false), 1 + 5 * 8);
    assert_eq!(
        written(&mut registry, Which::Changed, true),
        1,
        "a collection marks no series"
    );
    registry.apply(&edges(&[("c500", "s")]), MINUTE + 20_000);
    assert_eq!(written(&mut registry, Which::Changed, true), 1 + 4);
    assert_eq!(written(&mut registry, Which::All, false), 1 + 5 * 8);
}

#[test]
fn label_sets_are_found_by_the_same_keys_as_before() {
    let mut live = registry(&settings());
    let steps = [
        Step::Edges((0..30).map(|server| (1, server)).collect(), 3),
        Step::Spans((0..10).map(|number| (1, number)).collect()),
    ];
    let apply_all = |registry: &mut Registry, now| {
        steps.iter().for_each(|step| apply(registry, step, now));
    };
    apply_all(&mut live, MINUTE);
    let mut blocks = Blocks::new();
    save(&live.freeze(MINUTE + 2_000, false), Which::All, &mut blocks);
    let mut restored = restore(&blocks, &settings()).unwrap().registry;
    let known = |registry: &Registry| (registry.stats().keys, registry.stats().symbols);
    assert_eq!(known(&restored), known(&live));
    apply_all(&mut restored, MINUTE + 3_000);
    assert_eq!(known(&restored), known(&live), "no label set has another key");
}

#[test]
fn a_page_to_scrape_says_the_same_as_before() {
    let mut live = registry(&settings());
    live.apply(&edges(&[("a", "b")]), MINUTE);
    let mut blocks = Blocks::new();
    save(&live.freeze(MINUTE + 2_000, true), Which::All, &mut blocks);
    let restored = restore(&blocks, &settings()).unwrap().registry;
    let page = |registry: &Registry| registry.expose(ExpositionFormat::OpenMetrics).unwrap();
    assert!(page(&live).contains("# HELP traces_service_graph_request Calls between two services."));
    assert_eq!(page(&restored), page(&live));
}

#[test]
fn a_label_that_had_too_many_values_still_has() {
    let settings = limited();
    let mut registry = registry(&settings);
    let names: Vec<_> = (0..40).map(|number| format!("c{number}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "s")).collect();
    registry.apply(&edges(&pairs), MINUTE);
    let mut blocks = Blocks::new();
    save(&registry.freeze(MINUTE + 15_000, true), Which::All, &mut blocks);
    assert!(registry.label_demand().any(|label| label.is_over));
    let restored = restore(&blocks, &settings).unwrap().registry;
    let over = |registry: &Registry| -> Vec<_> {
        let labels = registry.label_demand().filter(|label| label.is_over);
        labels.map(|label| label.name).collect()
    };
    assert_eq!(over(&restored), over(&registry));
}

#[test]
fn series_that_other_settings_have_no_place_for_are_ended() {
    let blocks = two_calls();
    let mut other = settings();
    other
        .registry
        .external_labels
        .insert("region".to_owned(), "eu".to_owned());
    let RestoredSeries { mut registry, ended } = restore(&blocks, &other).unwrap();
    let ended = decode(&ended);
    assert!(!ended.samples.is_empty());
    assert!(ended.samples.values().all(|(_, time)| *time == MINUTE + 15_001));
    assert_eq!(registry.stats().series.active, 0);
    registry.apply(&edges(&[("a", "b")]), MINUTE + 16_000);
    let next = decode(&registry.collect(MINUTE + 30_000));
    let name = "traces_service_graph_request_total{client=\"a\",region=\"eu\",server=\"b\"}";
    assert_eq!(next.samples[name].0, 1.0);
}

#[test]
fn a_setting_that_changes_no_series_lets_all_go_on() {
    let mut other = settings();
    other.registry.limiter = Limiter::Series(10_000);
    other.service_graphs.wait *= 2;
    let RestoredSeries { mut registry, ended } = restore(&two_calls(), &other).unwrap();
    assert!(ended.chunks.is_empty());
    registry.apply(&edges(&[("a", "b")]), MINUTE + 16_000);
    let next = decode(&registry.collect(MINUTE + 30_000));
    let name = "traces_service_graph_request_total{client=\"a\",server=\"b\"}";
    assert_eq!(next.samples[name], (2.0, MINUTE + 30_000));
    assert!(next.seeds.is_empty());
}

#[test]
fn a_block_that_is_missing_is_told() {
    let blocks = two_calls();
    let without = |table: u32| {
        let mut left = blocks.clone();
        left.retain(|at, _| at.table != table);
        restore(&left, &settings()).map(drop)
    };
    assert_eq!(without(0), Err(RestoreError::NoBooks));
    let Err(RestoreError::Block { flaw, .. }) = without(1) else {
        panic!("rows without label sets are restored");
    };
    assert_eq!(flaw, Flaw::Missing("label sets"));
}
