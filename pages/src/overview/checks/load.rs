//! The checks on whether the pipeline keeps up.

use spangraph_serving::receiver_metrics::RefusalReason;

use super::thresholds::NEARLY_FULL;
use crate::numbers;
use crate::overview::attention::Attention;
use crate::overview::situation::Situation;
use crate::severity::Severity;

/// Requests were refused because something was full.
pub fn refused(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let refused = situation.refused_for(RefusalReason::Overloaded);
    if refused > 0 {
        found.push(Attention {
            severity: Severity::Bad,
            title: "Senders are told to come again".to_owned(),
            detail: format!(
                "{} requests were refused in the last minute because a bound was reached",
                numbers::count(refused)
            ),
            remedy: "See which actor is slow or full: more spangraph.ingest.actors or spangraph.matcher.shards when \
                     cores are idle, a larger spangraph.admission when memory allows."
                .to_owned(),
            page: "/actors".to_owned(),
        });
    }
}

/// The gate is nearly full, or was in the last minute.
pub fn gate(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let gate = &situation.actors.gate;
    let mut fullest = *gate;
    fullest.spans = gate
        .spans
        .max(situation.window.most(|reading| reading.gate.spans));
    fullest.bytes = gate
        .bytes
        .max(situation.window.most(|reading| reading.gate.bytes));
    if fullest.fill() >= NEARLY_FULL {
        found.push(Attention {
            severity: Severity::Warning,
            title: "The gate is nearly full".to_owned(),
            detail: format!("up to {} of its bounds were taken in the last minute", numbers::share(fullest.fill())),
            remedy: "When it is full, senders are told to come again. Raise spangraph.admission.max_spans or max_bytes \
                     when memory allows, or see which actor is slow."
                .to_owned(),
            page: "/actors".to_owned(),
        });
    }
}

/// An actor cannot keep up, or does not come to the end of a message.
pub fn actors(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for actor in &situation.actors.actors {
        let (Some(what), Some(remedy)) = (&actor.conspicuous, &actor.remedy) else {
            continue;
        };
        found.push(Attention {
            severity: if actor.is_stuck() {
                Severity::Bad
            } else {
                Severity::Warning
            },
            title: format!("Actor {}: {what}", actor.name),
            detail: format!(
                "busy {} of the time, {} messages wait",
                numbers::share(actor.busy_share),
                actor.mailbox_length.unwrap_or(0)
            ),
            remedy: remedy.clone(),
            page: "/actors".to_owned(),
        });
    }
}
