//! Documents that hold mistakes are read to their end.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Block {
    number: Option<u16>,
    list: Vec<u16>,
    free: BTreeMap<String, u16>,
    below: Option<Box<Block>>,
}

fn unknown_key(_: &Path, key: &str, known: &[&'static str]) -> String {
    format!("{key} is none of {}", known.join(", "))
}

fn read(text: &str) -> (Block, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let block = Document::parse(text).unwrap().read(&mut mistakes, unknown_key);
    (block, mistakes)
}

#[test]
fn what_is_right_is_read_beside_what_is_wrong() {
    let (block, mistakes) =
        read("number: 1\nlist: [2, x, 3]\nfree: {a: x, b: 4}\nbelow: {number: -1, list: [5]}\n");
    assert_eq!((block.number, block.list), (Some(1), vec![2, 3]));
    assert_eq!(block.free, BTreeMap::from([("b".to_owned(), 4)]));
    assert_eq!(block.below.unwrap().list, [5]);
    let places: Vec<_> = mistakes
        .iter()
        .map(|mistake| (mistake.line, mistake.column, mistake.path.as_str()))
        .collect();
    assert_eq!(
        places,
        [(2, 11, "list[1]"), (3, 11, "free.a"), (4, 17, "below.number")]
    );
}

#[test]
fn columns_count_characters_not_bytes() {
    let (_, mistakes) = read("free: {\"äöü\": x}");
    assert_eq!((mistakes[0].line, mistakes[0].column), (1, 15));
}

#[test]
fn an_alias_is_wrong_where_it_is_used() {
    let (_, mistakes) = read("free: {a: &x 70000, b: *x}\n");
    let columns: Vec<_> = mistakes.iter().map(|mistake| mistake.column).collect();
    assert_eq!(columns, [14, 24]);
}

#[test]
fn a_top_of_the_wrong_kind_is_one_mistake() {
    let (_, mistakes) = read("just text");
    assert_eq!(mistakes.len(), 1);
    assert_eq!(
        mistakes[0].to_string(),
        "line 1, column 1: expected a mapping, found text"
    );
}

#[test]
fn patterns_stand_for_every_item_of_a_list() {
    let document = Document::parse("a: {b: [{c: 1}, {c: 2}]}").unwrap();
    let paths: Vec<_> = document
        .matching("a.b[].c")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(paths, ["a.b[0].c", "a.b[1].c"]);
    assert!(document.matching("a.x[]").is_empty());
}

proptest! {
    /// The naive model: each line is one mistake or none, by itself.
    #[test]
    fn every_wrong_line_is_one_mistake_and_no_right_line_is(lines in prop::collection::vec(0_u8..5, 0..30)) {
        let mut text = String::from("list:\n");
        let mut expected = Vec::new();
        for (index, kind) in lines.iter().enumerate() {
            let (item, is_wrong) = [("7", false), ("x", true), ("[1]", true), ("70000", true), ("0", false)][usize::from(*kind)];
            text.push_str(&format!("  - {item}\n"));
            expected.extend(is_wrong.then_some((index + 2, format!("list[{index}]"))));
        }
        let (block, mistakes) = read(&text);
        prop_assert_eq!(block.list.len(), lines.len() - expected.len());
        let found: Vec<_> = mistakes.into_iter().map(|mistake| (mistake.line, mistake.path)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_text_makes_the_reader_panic_or_run_forever(text in "[a-z\\[\\]{}:,&*#'\"\n -]{0,60}") {
        if let Ok(mut document) = Document::parse(&text) {
            let _ = document.read::<Block>(&mut Vec::new(), unknown_key);
        }
    }
}
