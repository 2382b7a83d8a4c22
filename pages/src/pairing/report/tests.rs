//! What the report makes of a description.

use std::sync::Arc;

use spangraph_actors::matcher::ServicePairing;
use spangraph_config::TenantSettings;

use super::*;

fn counts_of(services: &[(&str, ServiceCounts)]) -> PairingCounts {
    let services = services.iter().map(|(name, counts)| ServicePairing {
        service: Some(Arc::from(*name)),
        counts: *counts,
    });
    PairingCounts {
        services: services.collect(),
        ..PairingCounts::default()
    }
}

fn client(completed: u64, expired: u64) -> ServiceCounts {
    let mut counts = ServiceCounts::default();
    (counts.client.completed, counts.client.expired) = (completed, expired);
    counts
}

#[test]
fn services_have_a_row_for_each_side_that_had_halves_the_loneliest_first() {
    let mut both = client(5, 1);
    both.server.completed = 9;
    let mut description = PairingDescription::empty(&TenantSettings::default());
    description.since_start = counts_of(&[("cart", both), ("shop", client(4, 3)), ("was", client(1, 90))]);
    description.recent = counts_of(&[("cart", client(2, 1)), ("shop", client(1, 2))]);
    let report = PairingReport::new(&TenantId::single(), &description);
    let rows: Vec<_> = report
        .services
        .iter()
        .map(|row| {
            (
                row.service.as_deref().unwrap(),
                row.side,
                row.recent.expired,
                row.since_start.expired,
            )
        })
        .collect();
    let expected = [
        ("shop", SideName::Client, 2, 3),
        ("cart", SideName::Client, 1, 1),
        ("was", SideName::Client, 0, 90),
        ("cart", SideName::Server, 0, 0),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn ages_are_bounded_by_shares_of_wait() {
    let mut description = PairingDescription::empty(&TenantSettings::default());
    description.pending.ages = [1, 2, 3, 4, 5, 6];
    let ages = PairingReport::new(&TenantId::single(), &description).pending.ages;
    let found: Vec<_> = ages.iter().map(|age| (age.at_most_seconds, age.count)).collect();
    let bounds = [Some(1.0), Some(2.5), Some(5.0), Some(7.5), Some(10.0), None];
    assert_eq!(found, bounds.into_iter().zip(1..).collect::<Vec<_>>());
}

#[test]
fn what_is_recent_says_how_far_it_goes_back() {
    let mut description = PairingDescription::empty(&TenantSettings::default());
    let recent = |description: &PairingDescription| {
        PairingReport::new(&TenantId::single(), description).recent_seconds
    };
    assert_eq!(recent(&description), None);
    description.window = Some(Duration::from_secs(420));
    assert_eq!(recent(&description), Some(420.0));
}
