//! The admission gate: what was let in and is not yet applied, and how much of it there may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use spangraph_config::AdmissionSettings;
use tokio::sync::Notify;

use super::door::{Door, Latch};
use super::refusal::Refusal;
use super::room::Room;

/// When a refused sender is asked to come again.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The room that a request gets at once because its sender says how large it is, in bytes: most are smaller, and who
/// announces much and sends nothing takes no more than this.
pub const ROOM_ON_TRUST: usize = 512 * 1024;
/// The room that a request holds beside that of its body when it does not arrive at once: what an HTTP/2 stream takes, its
/// handler and the buffers of both, as measured with 50,000 streams that send nothing.
pub const OPEN_REQUEST_BYTES: usize = 8 * 1024;
/// This part of all room at the most is taken by what was announced and has not arrived, and as much by requests that linger.
const TRUSTED_PART: usize = 8;

/// Counts the requests, bytes and spans between admission and application (DESIGN, rules of the pipeline), and of the
/// requests those that the pipeline works on.
#[derive(Debug)]
pub struct Gate {
    settings: AdmissionSettings,
    requests: AtomicUsize,
    bytes: AtomicUsize,
    /// The part of `bytes` that was announced and has not arrived.
    announced: AtomicUsize,
    /// Requests that do not come to their end.
    lingering: AtomicUsize,
    spans: AtomicUsize,
    door: Door,
    closed: AtomicBool,
    emptied: Notify,
}

/// How full a gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLevel {
    /// Requests under way.
    pub requests: usize,
    /// Their bytes, decompressed, and [`OPEN_REQUEST_BYTES`] for each that lingers.
    pub bytes: usize,
    /// Their spans, as far as they were counted.
    pub spans: usize,
}

/// How much there may be, and how much of it the asker holds already.
#[derive(Clone, Copy)]
struct Bound {
    most: usize,
    own: usize,
}

impl Gate {
    /// An open, empty gate.
    #[must_use]
    pub fn new(settings: AdmissionSettings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            requests: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            announced: AtomicUsize::new(0),
            lingering: AtomicUsize::new(0),
            spans: AtomicUsize::new(0),
            door: Door::default(),
            closed: AtomicBool::new(false),
            emptied: Notify::new(),
        })
    }

    /// Lets a request of `bytes` bytes in; one that is larger than the bound still gets in when it is alone.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room, [`Refusal::ShuttingDown`] when the gate is closed.
    pub fn admit(self: &Arc<Self>, bytes: usize) -> Result<Room, Refusal> {
        if self.is_closed() {
            return Err(Refusal::ShuttingDown);
        }
        self.requests.fetch_add(1, Ordering::AcqRel);
        let mut room = Room::empty(self);
        room.add_bytes(bytes)?;
        Ok(room)
    }

    /// Lets nothing in any more, and refuses the requests that wait for a latch to open.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.door.wake();
    }

    /// Lets no further request enter the pipeline until the latch is dropped; they wait and keep their room.
    pub fn close_latch(self: &Arc<Self>) -> Latch {
        Latch::close(self)
    }

    /// Whether a latch is closed, as it is while a cut is made.
    #[must_use]
    pub fn is_latched(&self) -> bool {
        self.door.is_latched()
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

    /// How many of the requests entered the pipeline and were not yet applied whole.
    #[must_use]
    pub fn submissions(&self) -> usize {
        self.door.submissions()
    }

    /// Its bounds.
    #[must_use]
    pub fn settings(&self) -> AdmissionSettings {
        self.settings
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    /// Takes room for `more` bytes for a request that holds `own`.
    pub(super) fn take_bytes(&self, more: usize, own: usize) -> Result<(), Refusal> {
        let most = self.settings.max_bytes;
        take(&self.bytes, more, Bound { most, own })
            .ok_or_else(|| overloaded("spangraph.admission.max_bytes"))
    }

    /// How much of `bytes` announced bytes may take room before they arrive: all requests together get a part of the room
    /// on trust, since who only announces must not keep out those who send.
    pub(super) fn trust(&self, bytes: usize) -> usize {
        let most = self.settings.max_bytes / TRUSTED_PART;
        let mut trusted = 0;
        let take = |announced: usize| {
            trusted = bytes.min(ROOM_ON_TRUST).min(most.saturating_sub(announced));
            Some(announced + trusted)
        };
        let _ = self
            .announced
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take);
        trusted
    }

    /// One more request lingers.
    pub(super) fn linger(&self) -> Result<(), Refusal> {
        let most = (self.settings.max_bytes / TRUSTED_PART / OPEN_REQUEST_BYTES).max(1);
        let one_more = |lingering: usize| (lingering < most).then_some(lingering + 1);
        self.lingering
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more)
            .map_err(|_| overloaded("spangraph.admission.max_bytes"))?;
        self.take_bytes(OPEN_REQUEST_BYTES, 0)
            .inspect_err(|_| _ = self.lingering.fetch_sub(1, Ordering::AcqRel))
    }

    /// One request less lingers.
    pub(super) fn linger_no_more(&self) {
        self.give_bytes_back(OPEN_REQUEST_BYTES);
        self.lingering.fetch_sub(1, Ordering::AcqRel);
    }

    /// So many announced bytes arrived, or never will.
    pub(super) fn trust_no_more(&self, bytes: usize) {
        self.announced.fetch_sub(bytes, Ordering::AcqRel);
    }

    pub(super) fn give_bytes_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Takes room for `more` spans for a request that holds `own`.
    pub(super) fn take_spans(&self, more: usize, own: usize) -> Result<(), Refusal> {
        let most = self.settings.max_spans;
        take(&self.spans, more, Bound { most, own })
            .ok_or_else(|| overloaded("spangraph.admission.max_spans"))
    }

    pub(super) fn give_spans_back(&self, spans: usize) {
        self.spans.fetch_sub(spans, Ordering::AcqRel);
    }

    /// A request is gone, with all that it held.
    pub(super) fn let_out(&self) {
        if self.requests.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.emptied.notify_waiters();
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
