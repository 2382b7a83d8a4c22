//! Random requests: equal to the model, in any order of fields; malformed ones give nothing.

use proptest::prelude::*;
use prost::Message as _;
use spangraph_config::ServiceGraphsSettings;

use super::super::super::shards::shard_of;
use super::field_order::{REQUEST, reordered};
use super::model::{Model, without_dropped};
use super::*;

fn settings(weighted: bool) -> TenantSettings {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    TenantSettings {
        service_graphs: ServiceGraphsSettings {
            dimensions: texts(&["zone", "tier", "missing", "service.name"]),
            peer_attributes: texts(&["peer.service", "db.name", "tier"]),
            database_name_attributes: texts(&["db.system", "db.name"]),
            span_multiplier_key: Some("ratio".to_owned()),
            enable_tracestate_span_multiplier: weighted,
            filter_policies: without_dropped(),
            ..ServiceGraphsSettings::default()
        },
        ..TenantSettings::default()
    }
}

/// As by default: attributes only name peers and databases, so that not those of every half are opened.
fn plain_settings() -> TenantSettings {
    let of_rules = settings(false).service_graphs;
    TenantSettings {
        service_graphs: ServiceGraphsSettings {
            peer_attributes: of_rules.peer_attributes,
            database_name_attributes: of_rules.database_name_attributes,
            ..ServiceGraphsSettings::default()
        },
        ..TenantSettings::default()
    }
}

fn total(counts: &SpanCounts) -> u64 {
    let before_rules = counts.invalid + counts.too_old + counts.too_new;
    let left_out = counts.not_an_edge_half + counts.no_service_name + counts.no_processor;
    let unusable = counts.invalid_utf8 + counts.too_much_text;
    before_rules + left_out + unusable + counts.filtered_root + counts.half_edges
}

fn extracted(extractor: &Extractor, request: &[u8]) -> (Vec<Vec<NamedHalf>>, SpanCounts) {
    let extracted = extractor.extract(request, NOW).unwrap();
    (extracted.shards.iter().map(named).collect(), extracted.counts)
}

proptest! {
    #[test]
    fn extraction_is_that_of_the_model(request in requests::request(), weighted: bool, shards in 1_usize..4) {
        let settings = settings(weighted);
        let mut model = Model { settings: &settings, halves: Vec::new(), counts: SpanCounts::default() };
        model.run(&request);
        let (halves, counts) = extracted(&Extractor::new(&settings, shards), &request.encode_to_vec());
        prop_assert_eq!(total(&counts), counts.spans);
        prop_assert_eq!(counts, model.counts);
        prop_assert_eq!(halves.len(), shards);
        for (shard, halves) in halves.into_iter().enumerate() {
            let of_shard = |half: &&NamedHalf| shard_of(&half.key.trace_id, shards) == shard;
            let expected: Vec<_> = model.halves.iter().filter(of_shard).cloned().collect();
            prop_assert_eq!(halves, expected);
        }
    }

    #[test]
    fn extraction_that_reads_only_what_names_peers_and_databases_is_that_of_the_model(
        request in requests::request(),
    ) {
        let settings = plain_settings();
        let mut model = Model { settings: &settings, halves: Vec::new(), counts: SpanCounts::default() };
        model.run(&request);
        let (halves, counts) = extracted(&Extractor::new(&settings, 1), &request.encode_to_vec());
        prop_assert_eq!(counts, model.counts);
        prop_assert_eq!(halves.concat(), model.halves);
    }

    #[test]
    fn the_order_of_fields_does_not_matter(request in requests::request(), ranks: [u32; 16], is_plain: bool) {
        let encoded = request.encode_to_vec();
        let rank = |number: u32| ranks[number as usize % ranks.len()];
        let reordered = reordered(&encoded, &REQUEST, &rank);
        let settings = if is_plain { plain_settings() } else { settings(true) };
        let extractor = Extractor::new(&settings, 2);
        prop_assert_eq!(extracted(&extractor, &reordered), extracted(&extractor, &encoded));
    }

    #[test]
    fn broken_requests_never_panic_and_never_lose_count(
        request in requests::request(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut encoded = request.encode_to_vec();
        if encoded.is_empty() {
            return Ok(());
        }
        for (index, byte) in changes {
            *index.get_mut(&mut encoded) = byte;
        }
        encoded.truncate(cut.map_or(encoded.len(), |cut| cut.index(encoded.len())));
        if let Ok(extracted) = Extractor::new(&settings(true), 2).extract(&encoded, NOW) {
            let halves: usize = extracted.shards.iter().map(|shard| shard.halves.len()).sum();
            prop_assert_eq!(total(&extracted.counts), extracted.counts.spans);
            prop_assert_eq!(extracted.counts.half_edges, halves as u64);
        }
    }
}
