//! The admission gate: what was let in and is not yet applied, and how much of it there may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use spangraph_config::AdmissionSettings;
use tokio::sync::Notify;

use super::refusal::Refusal;

/// When a refused sender is asked to come again.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The room that a request gets at once because its sender says how large it is, in bytes: most are smaller, and who
/// announces much and sends nothing takes no more than this.
pub const ROOM_ON_TRUST: usize = 512 * 1024;

/// Counts the requests, bytes and spans between admission and application (DESIGN, rules of the pipeline).
#[derive(Debug)]
pub struct Gate {
    settings: AdmissionSettings,
    requests: AtomicUsize,
    bytes: AtomicUsize,
    spans: AtomicUsize,
    closed: AtomicBool,
    emptied: Notify,
}

/// What one request holds of the gate, taken by the receiver as its bytes arrive; given back when the last part of it was applied and dropped.
#[derive(Debug)]
pub struct Permit {
    gate: Arc<Gate>,
    bytes: usize,
    /// The part of `bytes` that was announced and has not arrived.
    announced: usize,
    spans: usize,
}

/// How full a gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLevel {
    /// Requests under way.
    pub requests: usize,
    /// Their bytes, decompressed.
    pub bytes: usize,
    /// Their spans, as far as they were counted.
    pub spans: usize,
}

impl Gate {
    /// An open, empty gate.
    #[must_use]
    pub fn new(settings: AdmissionSettings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            requests: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            spans: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            emptied: Notify::new(),
        })
    }

    /// Lets a request of `bytes` bytes in; one that is larger than the bound still gets in when it is alone.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room, [`Refusal::ShuttingDown`] when the gate is closed.
    pub fn admit(self: &Arc<Self>, bytes: usize) -> Result<Permit, Refusal> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Refusal::ShuttingDown);
        }
        self.requests.fetch_add(1, Ordering::AcqRel);
        let mut permit = Permit {
            gate: Arc::clone(self),
            bytes: 0,
            announced: 0,
            spans: 0,
        };
        permit.add_bytes(bytes)?;
        Ok(permit)
    }

    /// Lets nothing in any more.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Waits until all that was let in was applied.
    pub async fn drained(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.level().requests == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// How full it is.
    #[must_use]
    pub fn level(&self) -> GateLevel {
        GateLevel {
            requests: self.requests.load(Ordering::Acquire),
            bytes: self.bytes.load(Ordering::Acquire),
            spans: self.spans.load(Ordering::Acquire),
        }
    }

    /// Its bounds.
    #[must_use]
    pub fn settings(&self) -> AdmissionSettings {
        self.settings
    }
}

impl Permit {
    /// Takes room for all `bytes` bytes that the request is to have, those that arrived included, but on trust not for
    /// more than [`ROOM_ON_TRUST`].
    ///
    /// A full gate so refuses requests when they begin. If all took their room piece by piece, parts of many requests
    /// would fill it, and each would be refused half-way for the others.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room.
    pub fn announce(&mut self, bytes: usize) -> Result<(), Refusal> {
        let missing = bytes.min(ROOM_ON_TRUST).saturating_sub(self.bytes);
        self.take_bytes(missing)?;
        self.announced += missing;
        Ok(())
    }

    /// Takes room for `more` bytes of the request, as they arrive or are decompressed, unless they were announced.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room.
    pub fn add_bytes(&mut self, more: usize) -> Result<(), Refusal> {
        let announced = more.min(self.announced);
        self.take_bytes(more - announced)?;
        self.announced -= announced;
        Ok(())
    }

    fn take_bytes(&mut self, more: usize) -> Result<(), Refusal> {
        let most = self.gate.settings.max_bytes;
        take(
            &self.gate.bytes,
            more,
            Bound {
                most,
                own: self.bytes,
            },
        )
        .ok_or_else(|| overloaded("spangraph.admission.max_bytes"))?;
        self.bytes += more;
        Ok(())
    }

    /// Holds room for at least so many bytes, when what was made of the request is larger than itself.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room.
    pub fn hold_bytes(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.take_bytes(bytes.saturating_sub(self.bytes))
    }

    /// Gives the room of `fewer` bytes back, such as those of a body that was decompressed.
    pub fn remove_bytes(&mut self, fewer: usize) {
        let fewer = fewer.min(self.bytes);
        self.bytes -= fewer;
        self.gate.bytes.fetch_sub(fewer, Ordering::AcqRel);
    }

    /// Takes room for the request's `spans` too, once they were counted; for what it does not hold yet of it.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room.
    pub fn hold_spans(&mut self, spans: usize) -> Result<(), Refusal> {
        let spans = spans.saturating_sub(self.spans);
        let most = self.gate.settings.max_spans;
        take(
            &self.gate.spans,
            spans,
            Bound {
                most,
                own: self.spans,
            },
        )
        .ok_or_else(|| overloaded("spangraph.admission.max_spans"))?;
        self.spans += spans;
        Ok(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.spans.fetch_sub(self.spans, Ordering::AcqRel);
        self.gate.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        if self.gate.requests.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.gate.emptied.notify_waiters();
        }
    }
}

/// The refusal that says which bound was reached.
#[must_use]
pub fn overloaded(what: &'static str) -> Refusal {
    Refusal::Overloaded {
        what,
        retry_after: RETRY_AFTER,
    }
}

/// How much there may be, and how much of it the asker holds already.
#[derive(Clone, Copy)]
struct Bound {
    most: usize,
    own: usize,
}

fn take(taken: &AtomicUsize, more: usize, bound: Bound) -> Option<()> {
    let fits = |taken: usize| {
        let sum = taken.checked_add(more)?;
        (taken == bound.own || sum <= bound.most).then_some(sum)
    };
    taken
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits)
        .ok()
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Arc<Gate> {
        Gate::new(AdmissionSettings {
            max_spans: 10,
            max_bytes: 100,
            max_tenants: 100,
        })
    }

    #[test]
    fn what_is_let_in_stays_within_the_bounds_and_is_given_back() {
        let gate = gate();
        let mut first = gate.admit(60).unwrap();
        assert!(matches!(
            gate.admit(41),
            Err(Refusal::Overloaded {
                what: "spangraph.admission.max_bytes",
                ..
            })
        ));
        first.hold_spans(10).unwrap();
        first.hold_spans(10).unwrap();
        let mut second = gate.admit(40).unwrap();
        assert!(matches!(second.hold_spans(1), Err(Refusal::Overloaded { .. })));
        assert_eq!(
            gate.level(),
            GateLevel {
                requests: 2,
                bytes: 100,
                spans: 10
            }
        );
        drop((first, second));
        assert_eq!(
            gate.level(),
            GateLevel {
                requests: 0,
                bytes: 0,
                spans: 0
            }
        );
    }

    #[test]
    fn a_request_larger_than_the_gate_gets_in_alone() {
        let gate = gate();
        let huge = gate.admit(1_000).unwrap();
        assert!(gate.admit(1).is_err());
        drop(huge);
        let mut growing = gate.admit(0).unwrap();
        growing.add_bytes(90).unwrap();
        growing.add_bytes(900).unwrap();
        growing.remove_bytes(900);
        growing.hold_bytes(80).unwrap();
        assert_eq!(gate.level().bytes, 90);
        let mut other = gate.admit(10).unwrap();
        assert!(growing.add_bytes(1).is_err() && other.add_bytes(1).is_err());
    }

    #[test]
    fn what_was_announced_has_its_room_before_it_arrives_and_is_counted_once() {
        let gate = gate();
        let mut first = gate.admit(10).unwrap();
        first.announce(70).unwrap();
        assert_eq!(gate.level().bytes, 70);
        assert!(gate.admit(31).is_err());
        first.add_bytes(60).unwrap();
        assert_eq!(gate.level().bytes, 70);
        first.add_bytes(1).unwrap();
        assert_eq!(gate.level().bytes, 71);
        let mut second = gate.admit(10).unwrap();
        assert!(second.announce(30).is_err());
        drop((first, second));
        assert_eq!(gate.level().bytes, 0);
    }

    #[test]
    fn a_huge_announcement_takes_little_on_trust() {
        let gate = Gate::new(AdmissionSettings {
            max_spans: 1,
            max_bytes: 4 * ROOM_ON_TRUST,
            max_tenants: 100,
        });
        let mut permit = gate.admit(1).unwrap();
        permit.announce(usize::MAX).unwrap();
        assert_eq!(gate.level().bytes, ROOM_ON_TRUST);
    }

    #[actix_rt::test]
    async fn a_closed_gate_refuses_and_is_drained_when_the_last_permit_is_gone() {
        let gate = gate();
        let permit = gate.admit(1).unwrap();
        gate.close();
        assert_eq!(gate.admit(1).unwrap_err(), Refusal::ShuttingDown);
        let waiting = actix_rt::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.drained().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(permit);
        waiting.await.unwrap();
    }
}
