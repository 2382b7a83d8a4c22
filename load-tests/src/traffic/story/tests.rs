//! What holds of every trace.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::*;

fn stories(count: usize) -> (Mesh, Vec<Story>) {
    let mut rng = Rng::with_seed(3);
    let mesh = Mesh::new(20, &mut rng);
    let shape = Shape::default();
    let stories = (0..count).map(|_| Story::tell(&mesh, &shape, &mut rng)).collect();
    (mesh, stories)
}

#[test]
fn traces_have_five_to_sixty_spans_of_every_kind() {
    let (_, stories) = stories(200);
    let lengths: Vec<_> = stories.iter().map(|story| story.spans.len()).collect();
    assert!(lengths.iter().all(|length| SPANS.contains(length)), "{lengths:?}");
    let kinds: std::collections::BTreeSet<_> = stories
        .iter()
        .flat_map(|story| &story.spans)
        .map(|each| each.span.kind)
        .collect();
    assert_eq!(kinds.len(), 5, "{kinds:?}");
}

#[test]
fn a_trace_is_over_before_zero_and_no_span_ends_before_it_starts() {
    let (_, stories) = stories(200);
    for StorySpan { span, .. } in stories.iter().flat_map(|story| &story.spans) {
        let (start, end) = (
            span.start_time_unix_nano.cast_signed(),
            span.end_time_unix_nano.cast_signed(),
        );
        assert!(
            start < end && end <= 0 && start > -20_000_000_000,
            "{start} to {end}"
        );
    }
}

#[test]
fn the_two_sides_of_a_call_are_of_different_services_and_of_one_trace() {
    let (_, stories) = stories(200);
    let mut checked = 0;
    for story in &stories {
        for call in &story.calls {
            let (Some(client), Some(server)) = (call.client, call.server) else {
                continue;
            };
            let (client, server) = (&story.spans[client], &story.spans[server]);
            assert_ne!(client.service, server.service);
            assert_eq!(client.span.span_id, server.span.parent_span_id);
            assert_eq!(client.span.trace_id, server.span.trace_id);
            checked += 1;
        }
    }
    assert!(checked > 500, "{checked}");
}

#[test]
fn every_span_that_takes_part_in_a_call_is_in_exactly_one() {
    let (_, stories) = stories(200);
    for story in &stories {
        let mut sides: Vec<_> = story
            .calls
            .iter()
            .flat_map(|call| [call.client, call.server])
            .flatten()
            .collect();
        sides.sort_unstable();
        let internal = SpanKind::Internal as i32;
        let expected: Vec<_> = (0..story.spans.len())
            .filter(|span| story.spans[*span].span.kind != internal)
            .collect();
        assert_eq!(sides, expected);
    }
}
