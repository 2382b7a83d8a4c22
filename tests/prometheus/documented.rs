//! Every query that the pages on metrics and limits offer to copy is one that Prometheus understands.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::prometheus::Prometheus;

#[test]
fn the_queries_in_the_documentation_are_queries() {
    let prometheus = Prometheus::start();
    let mut asked = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).expect("page is text");
        for query in queries(&text) {
            // Fails when Prometheus calls it an error; there is nothing to find.
            assert!(prometheus.query(&query).is_empty(), "{}: {query}", page.display());
            asked += 1;
        }
    }
    assert!(asked > 20, "only {asked} queries are documented");
}

fn pages() -> Vec<PathBuf> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let listed = fs::read_dir(docs.join("metrics")).expect("folder is there");
    let mut pages: Vec<PathBuf> = listed
        .map(|entry| entry.expect("entry is readable").path())
        .collect();
    pages.push(docs.join("limits.md"));
    pages
}

/// The queries of a page's `promql` blocks, which stand apart by an empty line.
fn queries(page: &str) -> Vec<String> {
    let blocks = page.split("```promql\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let queries = blocks.flat_map(|block| block.split("\n\n"));
    queries.map(|query| query.trim().to_owned()).collect()
}
