//! The checks on what concerns the whole server.

use crate::loading::Trigger;
use crate::overview::attention::Attention;
use crate::overview::situation::Situation;
use crate::severity::Severity;

/// The server takes no spans.
pub fn obstacle(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    if let Some(reason) = situation.obstacle {
        found.push(Attention {
            severity: Severity::Bad,
            title: "The server takes no spans".to_owned(),
            detail: reason.to_owned(),
            remedy: "Wait until it has started, or look at the log.".to_owned(),
            page: "/status".to_owned(),
        });
    }
}

/// The configuration on disk cannot be loaded.
pub fn loading(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for (what, attempt) in situation.loading.attempts() {
        let Some(error) = &attempt.error else { continue };
        let title = match attempt.trigger {
            Trigger::OverrideFile => "The override file cannot be loaded",
            Trigger::Signal | Trigger::Request => "The configuration cannot be loaded",
        };
        found.push(Attention {
            severity: Severity::Bad,
            title: title.to_owned(),
            detail: error.clone(),
            remedy: format!("What was in force stays. Mend the file; the next {what} then succeeds."),
            page: "/config".to_owned(),
        });
    }
}

/// The state of now is not on the disk.
pub fn state_not_kept(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    if let Some(trouble) = situation.state_trouble {
        found.push(Attention {
            severity: Severity::Bad,
            title: "The state is not kept on the disk".to_owned(),
            detail: trouble.to_owned(),
            remedy: "Stores get nothing until it is, and a crash would lose what came since. Make room, or mend the disk. \
                     See docs/durability.md."
                .to_owned(),
            page: "/status".to_owned(),
        });
    }
}

/// Samples wait on the disk and nobody sends them.
pub fn unclaimed_samples(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let Some(first) = situation.unclaimed.first() else {
        return;
    };
    let samples: u64 = situation.unclaimed.iter().map(|each| each.samples).sum();
    let (endpoint, tenant) = (&first.endpoint, &first.tenant);
    found.push(Attention {
        severity: Severity::Warning,
        title: "Samples wait for an endpoint that is not configured".to_owned(),
        detail: format!("{samples} samples, the first for {endpoint} of tenant {tenant}"),
        remedy: "Give an endpoint that name again, or leave them: they go when they are 24 hours old. See docs/durability.md."
            .to_owned(),
        page: "/status".to_owned(),
    });
}

/// Requests cannot be logged.
pub fn requests_not_logged(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    if let Some(trouble) = situation.log_trouble {
        found.push(Attention {
            severity: Severity::Bad,
            title: "Requests cannot be made durable".to_owned(),
            detail: trouble.to_owned(),
            remedy: "Senders are asked to come again, unless spangraph.durability.on_full says continue. Make room, raise \
                     spangraph.durability.max_bytes, or mend the disk. See docs/durability.md."
                .to_owned(),
            page: "/status".to_owned(),
        });
    }
}

/// Other hosts reach a listener that asks nobody who they are.
pub fn open_listeners(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for open in situation.open_listeners {
        found.push(Attention {
            severity: Severity::Warning,
            title: format!("Everybody who reaches {} is let in", open.address),
            detail: format!(
                "the listener of {} is not on loopback, and asks neither for credentials nor for a certificate",
                open.listener
            ),
            remedy: format!(
                "Fill {}, or listen on 127.0.0.1 ({}). See docs/security.md.",
                open.remedy_key, open.address_key
            ),
            page: "/config".to_owned(),
        });
    }
}
