//! What concerns the whole server.

use spangraph_serving::listener::Listener;

use super::*;
use crate::loading::{Attempt, Trigger};

#[test]
fn a_file_that_cannot_be_loaded_is_bad_until_it_can() {
    let mut case = Case::healthy();
    let mut attempt = Attempt {
        unix_milliseconds: 1,
        trigger: Trigger::OverrideFile,
        error: Some("o.yaml has mistakes".to_owned()),
        tenants_changed: 0,
        needs_restart: Vec::new(),
    };
    case.loading.last_override_file = Some(attempt.clone());
    assert_eq!(case.titles(), ["The override file cannot be loaded"]);
    assert_eq!(case.found()[0].detail, "o.yaml has mistakes");
    attempt.error = None;
    case.loading.last_override_file = Some(attempt);
    assert_eq!(case.titles(), [] as [&str; 0]);
}

#[test]
fn a_server_that_takes_no_spans() {
    let found = after(|case| case.obstacle = Some("the server is shutting down"));
    assert_found(found, "takes no spans", Severity::Bad, "log");
}

#[test]
fn a_listener_that_lets_in_anybody_is_found_with_the_key_that_closes_it() {
    let found = after(|case| {
        case.open_listeners.push(OpenListener {
            listener: Listener::Grpc,
            address: ([0, 0, 0, 0], 4317).into(),
            address_key: "grpc.endpoint",
            remedy_key: "spangraph.authentication.receivers",
        });
    });
    assert_found(
        found,
        "Everybody who reaches 0.0.0.0:4317",
        Severity::Warning,
        "Fill spangraph.authentication.receivers",
    );
}
