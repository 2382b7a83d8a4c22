//! Tests of the table of flat keys.

use std::collections::BTreeSet;

use super::*;

#[test]
fn no_flat_key_stands_twice_and_none_has_the_place_of_another() {
    let listed: usize = FLAT.iter().map(|flat| flat.keys.len()).sum();
    assert_eq!(PLACES.len(), listed);
    assert_eq!(PLACES.values().collect::<BTreeSet<_>>().len(), listed);
}

#[test]
fn a_flat_key_is_its_place_without_dots_but_for_those_that_are_older_than_blocks() {
    let others: Vec<_> = PLACES
        .iter()
        .filter(|(flat, place)| **flat != place.replace('.', "_"))
        .map(|(flat, _)| flat.as_str())
        .collect();
    let older_than_blocks = [
        "block_retention",
        "compaction_disabled",
        "compaction_window",
        "left_pad_trace_ids",
        "max_blocks_per_tag_values_query",
        "max_bytes_per_tag_values_query",
        "max_bytes_per_trace",
        "max_condition_groups_per_tag_query",
        "max_global_traces_per_user",
        "max_metrics_duration",
        "max_search_duration",
        "max_traces_per_user",
        "parquet_dedicated_columns",
        "unsafe_query_hints",
    ];
    assert_eq!(others, older_than_blocks);
}
