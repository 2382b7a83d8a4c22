//! Tells the process that an actor ended before it was asked to, as a panic makes it do.

use std::fmt;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// An actor that ended before it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// The actor's role and number, such as `matcher 1`.
    pub actor: String,
}

impl fmt::Display for Death {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "actor {} ended unexpectedly", self.actor)
    }
}

/// Held by an actor: when it is dropped before [`Lifeline::finish`], the process hears of it.
///
/// A panic in a handler ends only that actor, and actix would run on with a hole in the pipeline.
#[derive(Debug)]
pub struct Lifeline {
    actor: String,
    deaths: Option<UnboundedSender<Death>>,
}

/// Makes lifelines that report to one receiver.
#[derive(Clone, Debug)]
pub struct Lifelines(UnboundedSender<Death>);

impl Lifelines {
    /// A source of lifelines, and where deaths are heard of.
    #[must_use]
    pub fn new() -> (Self, UnboundedReceiver<Death>) {
        let (sender, receiver) = unbounded_channel();
        (Self(sender), receiver)
    }

    /// A lifeline for `actor`.
    pub fn attach(&self, actor: impl Into<String>) -> Lifeline {
        Lifeline {
            actor: actor.into(),
            deaths: Some(self.0.clone()),
        }
    }
}

impl Lifeline {
    /// The actor ends because it was asked to.
    pub fn finish(&mut self) {
        self.deaths = None;
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        if let Some(deaths) = &self.deaths {
            let _ = deaths.send(Death {
                actor: std::mem::take(&mut self.actor),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unfinished_lifeline_tells_of_a_death() {
        let (lifelines, mut deaths) = Lifelines::new();
        lifelines.attach("timer").finish();
        assert!(deaths.try_recv().is_err());
        drop(lifelines.attach("matcher 1"));
        assert_eq!(
            deaths.try_recv().unwrap().to_string(),
            "actor matcher 1 ended unexpectedly"
        );
    }
}
