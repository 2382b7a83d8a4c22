//! Each picture and its opposite.

use std::sync::Arc;
use std::time::Duration;

use spangraph_actors::matcher::{DurationHistogram, ServicePairing};
use spangraph_config::TenantSettings;

use super::*;

/// A description that is filled in step by step.
struct Picture(PairingDescription);

impl Picture {
    fn empty() -> Self {
        Self(PairingDescription::empty(&TenantSettings::default()))
    }

    /// `edges` calls between shop and cart that are paired within 100 ms.
    fn with_edges(edges: u64) -> Self {
        let mut picture = Self::empty();
        picture.service("shop").client.completed = edges;
        picture.service("cart").server.completed = edges;
        picture.gaps(edges, 100);
        picture.0.recent_spans.received = 10 * edges;
        picture
    }

    fn service(&mut self, name: &str) -> &mut ServiceCounts {
        let services = &mut self.0.recent.services;
        let known = services
            .iter()
            .position(|each| each.service.as_deref() == Some(name));
        let index = known.unwrap_or_else(|| {
            services.push(ServicePairing {
                service: Some(Arc::from(name)),
                counts: ServiceCounts::default(),
            });
            services.len() - 1
        });
        &mut services[index].counts
    }

    fn gaps(&mut self, count: u64, milliseconds: u64) {
        observe(&mut self.0.recent.gaps, count, milliseconds);
    }

    fn late(&mut self, service: &str, count: u64, milliseconds: u64) {
        self.service(service).server.late += count;
        observe(&mut self.0.recent.lateness, count, milliseconds);
    }

    fn kinds(&self) -> Vec<FindingKind> {
        diagnose(&self.0).iter().map(|finding| finding.kind).collect()
    }

    fn only(&self) -> Finding {
        let mut findings = diagnose(&self.0);
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.remove(0)
    }
}

fn observe(histogram: &mut DurationHistogram, count: u64, milliseconds: u64) {
    (0..count).for_each(|_| histogram.observe(Duration::from_millis(milliseconds)));
}

#[test]
fn halves_that_find_each_other_are_said_to_do_so() {
    let finding = Picture::with_edges(1_000).only();
    assert_eq!(
        (finding.severity, finding.kind),
        (Severity::Good, FindingKind::Healthy)
    );
    assert!(finding.seen.contains("within 128 ms"), "{}", finding.seen);
}

#[test]
fn nothing_is_said_of_nothing_and_of_little() {
    assert_eq!(Picture::empty().kinds(), []);
    let mut little = Picture::with_edges(LEAST_EVIDENCE - 1);
    little.service("shop").client.expired = LEAST_EVIDENCE - 1;
    little.service("cart").server.virtual_node = LEAST_EVIDENCE - 1;
    little.service("shop").client.dropped_full = LEAST_EVIDENCE - 1;
    little.late("cart", LEAST_EVIDENCE - 1, 10);
    little.0.recent_spans.too_old = LEAST_EVIDENCE - 1;
    little.0.recent_spans.too_new = LEAST_EVIDENCE - 1;
    assert_eq!(little.kinds(), []);
}

#[test]
fn servers_that_begin_traces_while_calls_stay_unanswered_lost_their_context() {
    for with_peer in [false, true] {
        let mut picture = Picture::empty();
        picture.service("cart").server.virtual_node = 500;
        let shop = &mut picture.service("shop").client;
        *(if with_peer {
            &mut shop.virtual_node
        } else {
            &mut shop.expired
        }) = 490;
        let finding = picture.only();
        assert_eq!(
            (finding.severity, finding.kind),
            (Severity::Bad, FindingKind::ContextNotPropagated)
        );
        assert!(
            finding.seen.contains("500 calls of cart") && finding.seen.contains("490 calls of shop"),
            "{}",
            finding.seen
        );
    }
}

#[test]
fn two_services_that_only_user_calls_lost_their_context() {
    let mut picture = Picture::empty();
    picture.service("shop").server.virtual_node = 100;
    assert_eq!(
        picture.kinds(),
        [],
        "one service may well be called by users only"
    );
    picture.service("cart").server.virtual_node = 100;
    let finding = picture.only();
    assert_eq!(
        (finding.severity, finding.kind),
        (Severity::Warning, FindingKind::ContextNotPropagated)
    );
}

#[test]
fn a_service_that_users_call_and_that_calls_partners_is_well() {
    let mut picture = Picture::empty();
    picture.service("shop").server.virtual_node = 500;
    picture.service("shop").client.virtual_node = 500;
    assert_eq!(picture.kinds(), []);
    let mut picture = Picture::with_edges(1_000);
    picture.service("shop").server.virtual_node = 1_000;
    picture.service("cart").client.virtual_node = 700;
    assert_eq!(picture.kinds(), [FindingKind::Healthy]);
}

#[test]
fn client_halves_that_never_meet_a_server_miss_the_callee() {
    let mut picture = Picture::with_edges(1_000);
    picture.service("checkout").client.expired = 300;
    picture.service("checkout").client.completed = 12;
    let finding = picture.only();
    assert_eq!(finding.kind, FindingKind::CalleeMissing);
    assert_eq!(finding.title, "Client halves of checkout never meet a server");
    assert!(
        finding.seen.contains("checkout: 300 of 312 (96.2 %)"),
        "{}",
        finding.seen
    );
    picture.service("checkout").client.completed = 2_000;
    assert_eq!(picture.kinds(), [FindingKind::Healthy]);
}

#[test]
fn server_halves_that_expire_miss_the_caller() {
    let mut picture = Picture::with_edges(1_000);
    picture.service("stock").server.expired = 40;
    let finding = picture.only();
    assert_eq!(finding.kind, FindingKind::CallerMissing);
    assert!(finding.title.contains("stock"), "{}", finding.title);
    picture.service("stock").server.completed = 60;
    assert_eq!(picture.kinds(), [FindingKind::Healthy]);
}

#[test]
fn halves_that_are_alone_on_both_sides_alike_belong_to_split_traces() {
    let mut picture = Picture::with_edges(500);
    picture.service("shop").client.expired = 510;
    picture.service("cart").server.expired = 480;
    assert_eq!(picture.kinds(), [FindingKind::TracesSplit]);
    picture.service("cart").server.expired = 0;
    assert_eq!(picture.kinds(), [FindingKind::CalleeMissing]);
}

#[test]
fn late_halves_ask_for_a_longer_wait_and_explain_what_expired() {
    let mut picture = Picture::with_edges(500);
    picture.service("shop").client.expired = 400;
    picture.service("cart").server.expired = 390;
    picture.late("cart", 390, 3_500);
    let finding = picture.only();
    assert_eq!(
        (finding.severity, finding.kind),
        (Severity::Bad, FindingKind::LateHalves)
    );
    let setting = "metrics_generator.processor.service_graphs.wait to 15 s or more";
    assert!(finding.remedy.contains(setting), "{}", finding.remedy);
}

#[test]
fn few_late_halves_among_many_edges_are_normal() {
    let mut picture = Picture::with_edges(10_000);
    picture.late("cart", 50, 10);
    assert_eq!(picture.kinds(), [FindingKind::Healthy]);
    picture.late("cart", 100, 10);
    assert_eq!(picture.only().severity, Severity::Warning);
}

#[test]
fn halves_that_nearly_miss_each_other_ask_for_a_longer_wait() {
    let mut picture = Picture::with_edges(1_000);
    picture.gaps(30, 9_000);
    let finding = picture.only();
    assert_eq!(finding.title, "Halves arrive more than 8.19 s apart");
    assert!(
        finding.remedy.contains("wait to 20 s or more"),
        "{}",
        finding.remedy
    );
    let mut quick = Picture::with_edges(1_000);
    quick.gaps(30, 8_000);
    assert_eq!(quick.kinds(), [FindingKind::Healthy]);
}

#[test]
fn spans_outside_the_slack_are_named_with_its_setting() {
    let mut picture = Picture::with_edges(1_000);
    picture.0.recent_spans.too_old = 2_000;
    picture.0.recent_spans.too_new = 500;
    let findings = diagnose(&picture.0);
    let found: Vec<_> = findings.iter().map(|each| (each.severity, each.kind)).collect();
    assert_eq!(
        found,
        [
            (Severity::Bad, FindingKind::SpansTooOld),
            (Severity::Warning, FindingKind::SpansTooNew)
        ]
    );
    assert!(
        findings[0].seen.contains("more than 30 s ago"),
        "{}",
        findings[0].seen
    );
    assert!(
        findings[0]
            .remedy
            .contains("metrics_generator.metrics_ingestion_time_range_slack"),
        "{}",
        findings[0].remedy
    );
    picture.0.recent_spans.received = 1_000_000;
    assert_eq!(picture.kinds(), [FindingKind::Healthy]);
}

#[test]
fn a_full_table_comes_before_one_that_is_nearly_full() {
    let mut picture = Picture::with_edges(1_000);
    picture.0.pending.edges = 7_900;
    assert_eq!(picture.kinds(), [FindingKind::Healthy]);
    picture.0.pending.edges = 8_000;
    assert_eq!(picture.kinds(), [FindingKind::TableNearlyFull]);
    picture.service("shop").client.dropped_full = 30;
    let finding = picture.only();
    assert_eq!(finding.kind, FindingKind::TableFull);
    assert!(
        finding.remedy.contains("service_graphs.max_items"),
        "{}",
        finding.remedy
    );
}

#[test]
fn texts_that_fill_their_room_before_edges_do_are_told_of() {
    let mut picture = Picture::with_edges(1_000);
    picture.0.pending.edges = 100;
    picture.0.text_bytes = picture.0.text_limit as u64 * 9 / 10;
    assert_eq!(picture.kinds(), [FindingKind::TableNearlyFull]);
    picture.service("shop").client.dropped_full = 30;
    let finding = picture.only();
    assert_eq!(finding.kind, FindingKind::TableFull);
    assert!(
        finding.remedy.contains("spangraph.matcher.max_text_bytes"),
        "{}",
        finding.remedy
    );
}

#[test]
fn a_service_may_have_no_name_or_stand_for_many() {
    let names = [Some("shop"), Some(""), None].map(service_name);
    assert_eq!(names, ["shop", "(no name)", "(other services)"]);
    assert_eq!(listed(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
}
