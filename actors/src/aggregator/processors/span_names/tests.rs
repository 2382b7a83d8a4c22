//! Patterns of span names: against a naive model, and their bounds.

use proptest::prelude::*;

use super::model::Model;
use super::tokens::ANY;
use super::tree::MOST_CHILDREN;
use super::*;

const SECOND: i64 = 1_000;
const DAY: i64 = 24 * 3_600 * SECOND;
const STALE: i64 = 900 * SECOND;

fn patterns(names: &mut SpanNames, given: &[&str]) -> Vec<String> {
    given
        .iter()
        .map(|name| names.pattern(name, 0).to_owned())
        .collect()
}

fn fresh(given: &[&str]) -> Vec<String> {
    patterns(&mut SpanNames::new(), given)
}

#[test]
fn names_that_differ_in_ids_become_one_pattern_from_the_second_on() {
    let given = [
        "GET /users/1234/orders",
        "GET /users/5678/orders",
        "GET /users/9abc/orders",
        "GET /users/0000/orders",
        "checkout",
    ];
    let pattern = "GET /users/<_>/orders";
    assert_eq!(fresh(&given), [given[0], pattern, pattern, pattern, "checkout"]);
}

#[test]
fn names_that_differ_in_words_stay_apart() {
    let given = [
        "GET /users/list",
        "GET /users/create",
        "GET /orders/list",
        "PUT /users/list",
    ];
    let mut names = SpanNames::new();
    assert_eq!(patterns(&mut names, &given), given);
    assert_eq!(names.clusters(), 4);
}

#[test]
fn names_with_other_numbers_of_tokens_stay_apart() {
    let given = ["GET /users/1", "GET /users/1/", "GET /users/2/"];
    assert_eq!(
        fresh(&given),
        ["GET /users/1", "GET /users/1/", "GET /users/<_>/"]
    );
}

#[test]
fn a_uuid_is_one_wildcard() {
    let given = [
        "cart/550e8400-e29b-41d4-a716-446655440000",
        "cart/00000000-0000-0000-0000-000000000000",
    ];
    assert_eq!(fresh(&given)[1], "cart/<_>");
}

#[test]
fn a_new_word_goes_the_way_of_ids_that_came_before() {
    assert_eq!(fresh(&["/users/1", "/users/alice"]), ["/users/1", "/users/<_>"]);
    assert_eq!(fresh(&["/users/alice", "/users/1"]), ["/users/alice", "/users/1"]);
}

#[test]
fn names_that_have_too_little_in_common_stay_apart() {
    let given = ["%10%11%12%13", "%20%21%22%23", "%10%11%32%33"];
    assert_eq!(fresh(&given), [given[0], given[1], "%10%11<_><_>"]);
}

#[test]
fn the_pattern_with_more_wildcards_wins_a_tie() {
    let given = ["%10%11%12%13", "%10%11%32%33", "%44%45%12%13", "%10%45%99%98"];
    let found = fresh(&given);
    assert_eq!(found[1], "%10%11<_><_>");
    assert_eq!(
        found[2], "%44%45%12%13",
        "only the end mark and nothing else is equal"
    );
    assert_eq!(found[3], "%10<_><_><_>");
}

#[test]
fn tokens_after_the_leading_ones_only_count_for_likeness() {
    let head = "/a".repeat(14);
    let given = [format!("{head}/x/tail"), format!("{head}/y/tail")];
    let found = fresh(&[&given[0], &given[1]]);
    assert_eq!(found[1], format!("{head}/<_>/tail"));
}

#[test]
fn names_with_a_wildcard_of_their_own_are_found_again() {
    let mut names = SpanNames::new();
    for _ in 0..3 {
        assert_eq!(names.pattern("<_><_><_><_>", 0), "<_><_><_><_>");
    }
    assert_eq!(names.clusters(), 1);
    assert_eq!(
        patterns(&mut names, &["a/1", "a/2", "a/<_>", "a/3"])[2..],
        ["a/<_>", "a/<_>"]
    );
    assert_eq!(names.clusters(), 2);
}

#[test]
fn a_node_has_a_bounded_number_of_branches_and_the_rest_share_one() {
    let mut names = SpanNames::new();
    for number in 0..3 * MOST_CHILDREN {
        let name = format!("/{}/x", word(number));
        names.pattern(&name, 0);
    }
    assert_eq!(names.tree.most_children(), MOST_CHILDREN);
    assert_eq!(names.clusters(), MOST_CHILDREN);
    assert_eq!(names.pattern("/never/x", 0), "/<_>/x");
    let first = format!("/{}/x", word(0));
    assert_eq!(names.pattern(&first, 0), first);
}

/// A word without digits for each number.
fn word(number: usize) -> String {
    let letters = number.to_string();
    letters
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'k'))
        .collect()
}

#[test]
fn clusters_that_are_not_used_are_forgotten_and_begin_anew() {
    let mut names = SpanNames::new();
    names.pattern("/a/1", 10);
    names.pattern("/a/2", 20);
    names.pattern("/b/1", 30);
    names.forget(20);
    assert_eq!(names.clusters(), 2);
    names.forget(21);
    assert_eq!(names.clusters(), 1);
    assert_eq!(names.pattern("/a/3", 40), "/a/3");
    names.forget(i64::MAX);
    assert_eq!((names.clusters(), names.tree.nodes()), (0, 0));
    assert_eq!(names.tree.most_children(), 0);
}

#[test]
fn past_the_bound_the_clusters_that_were_not_used_for_longest_go() {
    let mut names = SpanNames::with_most_clusters(8);
    names.pattern("/kept/1", 0);
    for number in 0..1_000 {
        names.pattern(&format!("/{}/{number}", word(number)), 0);
        let kept = format!("/kept/{number}");
        assert_eq!(names.pattern(&kept, 0), "/kept/<_>");
        assert!(names.clusters() <= 8);
    }
    assert!(names.tree.nodes() <= 8 * 4);
}

#[test]
fn the_smallest_bounds_hold() {
    for most in 1..4 {
        let mut names = SpanNames::with_most_clusters(most);
        for number in 0..10 {
            names.pattern(&format!("/{}/x", word(number)), 0);
            assert!((1..=most).contains(&names.clusters()));
        }
    }
}

#[test]
fn a_leaf_has_a_bounded_number_of_clusters() {
    let mut names = SpanNames::new();
    for high in 10..99 {
        for low in 0..10 {
            names.pattern(&format!("%{high}%{low}0%{high}%{low}1%{high}%{low}2"), 0);
        }
    }
    assert!(names.clusters() <= MOST_CLUSTERS_OF_LEAF);
}

#[test]
fn a_day_of_new_names_keeps_memory_bounded() {
    let mut names = SpanNames::with_most_clusters(2_000);
    let mut most_memory = [0, 0];
    for second in (0..DAY / SECOND).step_by(5) {
        let now = second * SECOND;
        let churn = word(usize::try_from(second).unwrap());
        for name in [
            format!("/{churn}/list"),
            format!("{churn} of {churn}"),
            format!("/users/{second}"),
        ] {
            names.pattern(&name, now);
        }
        if second % 300 == 0 {
            names.forget(now - STALE);
            let half = &mut most_memory[usize::from(now >= DAY / 2)];
            *half = names.memory_bytes().max(*half);
        }
    }
    assert!(names.clusters() <= 2_000 && names.clusters() > 300);
    assert!(
        most_memory[1] <= most_memory[0] * 11 / 10,
        "memory grows: {most_memory:?}"
    );
    assert!(most_memory[1] < 4_000_000, "{most_memory:?} bytes");
    assert_eq!(names.pattern("/users/7", DAY), "/users/<_>");
    names.forget(i64::MAX);
    assert!(
        names.memory_bytes() < 100_000,
        "{} bytes are left",
        names.memory_bytes()
    );
}

#[test]
fn a_known_name_allocates_nothing() {
    let mut names = SpanNames::new();
    patterns(&mut names, &["GET /users/1/orders", "GET /users/2/orders"]);
    let allocated = allocation_counter::measure(|| {
        names.pattern("GET /users/34567/orders", 5);
    });
    assert_eq!(allocated.count_total, 0);
}

/// Whether `name` matches `pattern`: the tokens of both are equal, or the pattern's is a wildcard.
fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern_ends, mut name_ends) = (Vec::new(), Vec::new());
    let pattern_tokens = Tokens::cut(pattern, &mut pattern_ends);
    match (pattern_tokens, Tokens::cut(name, &mut name_ends)) {
        (Some(pattern), Some(name)) => {
            let fits = |(own, other): (&str, &str)| own == ANY || own == other;
            pattern.len() == name.len() && pattern.iter().zip(name.iter()).all(fits)
        }
        _ => pattern == name,
    }
}

/// Names from few pieces, so that many are alike.
fn alike() -> impl Strategy<Value = String> {
    const UUID: &str = "0000cafe-0000-0000-0000-000000000000";
    const PIECES: [&str; 16] = [
        "a", "b", "a", "b", "0", "1", "2", "3", "%10", "%11", "/", " ", "-", "/", "<_>", UUID,
    ];
    prop::collection::vec(prop::sample::select(&PIECES), 1..12).prop_map(|pieces| pieces.concat())
}

fn long_and_alike() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(&["a/", "b/", "1/", "2/"]);
    prop::collection::vec(pieces, 26..41).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_matches_its_pattern(given in prop::collection::vec(any::<String>(), 1..20)) {
        let mut names = SpanNames::new();
        for name in &given {
            let pattern = names.pattern(name, 0).to_owned();
            // Long patterns can outgrow what a name may have; those that do not must match.
            prop_assert!(pattern.len() > 2_048 || matches(&pattern, name), "{pattern:?} for {name:?}");
        }
    }

    #[test]
    fn alike_names_match_their_patterns_which_are_their_own(
        given in prop::collection::vec(prop_oneof![3 => alike(), 1 => long_and_alike()], 1..40),
    ) {
        let mut names = SpanNames::new();
        for name in &given {
            let pattern = names.pattern(name, 0).to_owned();
            prop_assert!(matches(&pattern, name), "{pattern:?} for {name:?}");
            let clusters = names.clusters();
            prop_assert_eq!(names.pattern(&pattern, 0), &pattern);
            prop_assert_eq!(names.pattern(name, 0), &pattern);
            prop_assert_eq!(names.clusters(), clusters);
        }
    }

    #[test]
    fn answers_as_the_model_does(
        given in prop::collection::vec(prop_oneof![3 => alike(), 1 => long_and_alike()], 1..40),
    ) {
        let (mut names, mut model) = (SpanNames::new(), Model::default());
        for name in &given {
            prop_assert_eq!(names.pattern(name, 0), model.pattern(name));
            prop_assert_eq!(names.clusters(), model.clusters());
        }
    }

    #[test]
    fn clusters_and_tree_stay_one_whatever_goes(
        given in prop::collection::vec((alike(), 0..100_i64, prop::bool::weighted(0.1)), 1..60),
        most in 1..20_usize,
    ) {
        let mut names = SpanNames::with_most_clusters(most);
        for (name, time, forgets) in &given {
            let pattern = names.pattern(name, *time).to_owned();
            prop_assert!(matches(&pattern, name), "{pattern:?} for {name:?}");
            prop_assert!(names.clusters() <= most);
            if *forgets {
                names.forget(*time);
            }
            for (id, cluster) in &names.clusters {
                prop_assert_eq!(names.tree.clusters(cluster.leaf).iter().filter(|other| **other == id).count(), 1);
            }
        }
        names.forget(i64::MAX);
        prop_assert_eq!((names.clusters(), names.tree.nodes()), (0, 0));
    }
}
