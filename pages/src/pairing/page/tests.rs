//! What stands on the page.

use std::sync::Arc;

use spangraph_actors::matcher::{PairingDescription, ServiceCounts, ServicePairing};
use spangraph_config::{TenantId, TenantSettings};

use super::services::MOST_ROWS;
use super::*;

const HOSTILE: &str = "<script>alert(\"1\")</script>";

fn report_of(services: &[&str]) -> PairingReport {
    let mut description = PairingDescription::empty(&TenantSettings::default());
    for name in services {
        let mut counts = ServiceCounts::default();
        counts.client.expired = 1_234;
        description.since_start.services.push(ServicePairing {
            service: Some(Arc::from(*name)),
            counts,
        });
    }
    description.recent = description.since_start.clone();
    PairingReport::new(&TenantId::single(), &description)
}

fn page(report: &PairingReport, sorting: Sorting) -> String {
    let choice = TenantChoice {
        tenant: TenantId::single(),
        others: Vec::new(),
    };
    let view = View {
        report,
        sorting,
        choice: &choice,
    };
    show(&view).into_string()
}

#[test]
fn names_of_services_are_escaped_in_findings_and_tables() {
    let page = page(&report_of(&[HOSTILE]), Sorting::default());
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("Client halves of &lt;script&gt;"), "{page}");
    assert!(
        page.contains("data-key=\"client &lt;script&gt;alert(&quot;1&quot;)"),
        "{page}"
    );
}

#[test]
fn a_sorted_column_says_so_and_its_link_turns_it_round() {
    let sorting = Sorting::parse(Some("expired"), None, Some("start")).unwrap();
    let page = page(&report_of(&["shop"]), sorting);
    assert!(
        page.contains(
            "aria-sort=\"descending\"><a href=\"/pairing?sort=expired&amp;order=ascending&amp;since=start\""
        ),
        "{page}"
    );
    assert!(page.contains("Show what is recent"), "{page}");
}

#[test]
fn without_halves_the_page_says_that_there_are_none() {
    let page = page(&report_of(&[]), Sorting::default());
    for text in ["Too few halves", "No halves yet.", "0</div>", "None."] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn no_more_rows_than_a_screen_can_bear() {
    let names: Vec<_> = (0..MOST_ROWS + 3)
        .map(|index| format!("service-{index}"))
        .collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let page = page(&report_of(&names), Sorting::default());
    assert_eq!(page.matches("data-key=\"client ").count(), MOST_ROWS);
    assert!(page.contains("The first 200 of 203 rows"), "{page}");
}

#[test]
fn tenants_can_be_chosen_when_there_are_several() {
    let tenants = ["one", "two"].map(|id| TenantId::parse(id).unwrap());
    let choice = TenantChoice {
        tenant: tenants[1].clone(),
        others: tenants.to_vec(),
    };
    let report = report_of(&["shop"]);
    let view = View {
        report: &report,
        sorting: Sorting::default(),
        choice: &choice,
    };
    let page = show(&view).into_string();
    assert!(page.contains("<option value=\"two\" selected>two"), "{page}");
    assert!(page.contains("/pairing?tenant=two&amp;sort=late"), "{page}");
}
