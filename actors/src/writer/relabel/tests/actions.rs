//! Every action, as Prometheus documents it.

use super::{relabelled, rules, series};

/// Rules, a series, and what they make of it; `None` when it is dropped.
type Row = (&'static str, &'static str, Option<&'static str>);

fn assert_rows(rows: &[Row]) {
    for (written, before, after) in rows {
        let found = relabelled(&rules(&format!("[{written}]")), &series(before));
        assert_eq!(found, after.map(series), "{written} of {before}");
    }
}

#[test]
fn replace_sets_renames_and_removes() {
    assert_rows(&[
        // The defaults: the whole value is copied.
        ("{source_labels: [a], target_label: b}", "a=x", Some("a=x,b=x")),
        (
            "{source_labels: [a], target_label: b, action: Replace}",
            "a=x",
            Some("a=x,b=x"),
        ),
        (
            "{source_labels: [a, b], target_label: c}",
            "a=x,b=y",
            Some("a=x,b=y,c=x;y"),
        ),
        (
            "{source_labels: [a, none], separator: '', target_label: c}",
            "a=x",
            Some("a=x,c=x"),
        ),
        (
            "{target_label: b, replacement: fixed}",
            "a=x",
            Some("a=x,b=fixed"),
        ),
        ("{target_label: a, replacement: ''}", "a=x,b=y", Some("b=y")),
        ("{source_labels: [none], target_label: a}", "a=x,b=y", Some("b=y")),
    ]);
}

#[test]
fn replace_needs_a_match_of_the_whole_value() {
    assert_rows(&[
        (
            "{source_labels: [a], regex: x, target_label: a, replacement: z}",
            "a=xx",
            Some("a=xx"),
        ),
        (
            "{source_labels: [a], regex: x|y, target_label: a, replacement: z}",
            "a=xy",
            Some("a=xy"),
        ),
    ]);
}

#[test]
fn replace_fills_in_what_groups_matched() {
    assert_rows(&[
        (
            "{source_labels: [a], regex: 'f(.*)', target_label: b, replacement: '${1}-$1-$$'}",
            "a=foo",
            Some("a=foo,b=oo-oo-$"),
        ),
        (
            "{source_labels: [a], regex: '(?P<k>\\w+)=(.*)', separator: '=', target_label: '${k}_x', replacement: $2}",
            "a=x",
            Some("a=x"),
        ),
        (
            "{source_labels: [a, b], regex: '(?P<k>\\w+)-(.*)', separator: '-', target_label: '${k}_x', replacement: $2}",
            "a=key,b=value",
            Some("a=key,b=value,key_x=value"),
        ),
        // The name of the group is 1_total.
        (
            "{source_labels: [a], target_label: b, replacement: $1_total}",
            "a=x",
            Some("a=x"),
        ),
        (
            "{source_labels: [a], regex: 'a.b', target_label: c, replacement: hit}",
            "a=a\nb",
            Some("a=a\nb,c=hit"),
        ),
        (
            "{source_labels: [__name__], regex: 'traces_(.*)', target_label: __name__, replacement: 'spans_$1'}",
            "__name__=traces_x,a=x",
            Some("__name__=spans_x,a=x"),
        ),
    ]);
}

#[test]
fn keep_and_drop_look_at_the_whole_value() {
    assert_rows(&[
        (
            "{source_labels: [a], regex: 'x|y', action: keep}",
            "a=x",
            Some("a=x"),
        ),
        ("{source_labels: [a], regex: 'x|y', action: keep}", "a=xy", None),
        ("{source_labels: [none], regex: 'x', action: keep}", "a=x", None),
        ("{source_labels: [a], regex: 'x|y', action: DROP}", "a=y", None),
        (
            "{source_labels: [a], regex: 'x|y', action: drop}",
            "a=xy",
            Some("a=xy"),
        ),
        (
            "{source_labels: [a, b], regex: 'x;y', action: drop}",
            "a=x,b=y",
            None,
        ),
        ("{source_labels: [none], regex: '', action: drop}", "a=x", None),
        ("{action: drop}", "a=x", None),
        ("{action: keep}", "a=x", Some("a=x")),
    ]);
}

#[test]
fn keepequal_and_dropequal_compare_with_a_label() {
    assert_rows(&[
        (
            "{source_labels: [a], target_label: b, action: keepequal}",
            "a=x,b=x",
            Some("a=x,b=x"),
        ),
        (
            "{source_labels: [a], target_label: b, action: keepequal}",
            "a=x,b=y",
            None,
        ),
        (
            "{source_labels: [a], target_label: none, action: keepequal}",
            "a=x",
            None,
        ),
        (
            "{source_labels: [a, b], target_label: c, action: keepequal}",
            "a=x,b=y,c=x;y",
            Some("a=x,b=y,c=x;y"),
        ),
        (
            "{source_labels: [a], target_label: b, action: dropequal}",
            "a=x,b=x",
            None,
        ),
        (
            "{source_labels: [a], target_label: b, action: dropequal}",
            "a=x,b=y",
            Some("a=x,b=y"),
        ),
        (
            "{source_labels: [none], target_label: none2, action: dropequal}",
            "a=x",
            None,
        ),
    ]);
}

#[test]
fn hashmod_is_that_of_prometheus() {
    assert_rows(&[
        (
            "{source_labels: [c], target_label: d, modulus: 1000, action: hashmod}",
            "c=baz",
            Some("c=baz,d=976"),
        ),
        (
            "{source_labels: [a, b], target_label: d, modulus: 7, action: hashmod}",
            "a=foo,b=bar",
            Some("a=foo,b=bar,d=6"),
        ),
        (
            "{source_labels: [c], target_label: d, modulus: 1, action: hashmod}",
            "c=x",
            Some("c=x,d=0"),
        ),
    ]);
}

#[test]
fn labels_are_copied_and_removed_by_name() {
    assert_rows(&[
        (
            "{regex: 'x_(.*)', action: labelmap}",
            "x_a=1,x_b=2,c=3",
            Some("a=1,b=2,c=3,x_a=1,x_b=2"),
        ),
        (
            "{regex: 'x_(.*)', replacement: 'y_$1', action: labelmap}",
            "x_a=1",
            Some("x_a=1,y_a=1"),
        ),
        // The last of those with the same new name counts.
        (
            "{regex: 'x_.', replacement: y, action: labelmap}",
            "x_a=1,x_b=2",
            Some("x_a=1,x_b=2,y=2"),
        ),
        // What is copied is not copied again.
        (
            "{regex: '(.+)', replacement: 'x_$1', action: labelmap}",
            "a=1,x_a=2",
            Some("a=1,x_a=1,x_x_a=2"),
        ),
        (
            "{regex: 'a', replacement: '$7', action: labelmap}",
            "a=1",
            Some("a=1"),
        ),
        ("{regex: 'a|b', action: labeldrop}", "a=1,ab=2,b=3", Some("ab=2")),
        (
            "{regex: '__name__|b', action: labelkeep}",
            "__name__=n,a=1,b=2",
            Some("__name__=n,b=2"),
        ),
        ("{regex: '.*', action: labeldrop}", "a=1", None),
        ("{regex: 'none', action: labelkeep}", "a=1", None),
    ]);
}

#[test]
fn case_is_changed() {
    assert_rows(&[
        (
            "{source_labels: [a], target_label: a, action: lowercase}",
            "a=Ab É",
            Some("a=ab é"),
        ),
        (
            "{source_labels: [a, b], target_label: c, action: uppercase}",
            "a=x,b=y",
            Some("a=x,b=y,c=X;Y"),
        ),
    ]);
}

#[test]
fn rules_follow_each_other() {
    assert_rows(&[
        (
            "{source_labels: [a], target_label: b}, {source_labels: [b], target_label: c}, {regex: a|b, action: labeldrop}",
            "a=x",
            Some("c=x"),
        ),
        (
            "{regex: a, action: labeldrop}, {source_labels: [a], regex: '', action: drop}",
            "a=x,b=y",
            None,
        ),
        // A label that was set comes after those that the series had.
        (
            "{target_label: a, replacement: '2'}, {regex: '[ab]', replacement: c, action: labelmap}",
            "a=1,b=3",
            Some("a=2,b=3,c=2"),
        ),
    ]);
}
