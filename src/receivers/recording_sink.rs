//! A pipeline for tests: keeps what it is given and answers as told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use spangraph_actors::admission::{Accepted, ExportRequest, Gate, GateLevel, Refusal, Room, TraceSink};
use spangraph_config::{AdmissionSettings, TenantId};
use tokio::sync::Semaphore;

/// Keeps every request; answers with the set answer, once the gate lets it.
#[derive(Clone, Debug)]
pub struct RecordingSink {
    requests: Arc<Mutex<Vec<ExportRequest>>>,
    answer: Arc<Mutex<Result<Accepted, Refusal>>>,
    /// Each answer needs a permit; open unless a test closes it.
    gate: Arc<Semaphore>,
    admission: Arc<Gate>,
    /// What every charge is refused with.
    over_rate: Option<Refusal>,
    /// How many bytes may come at once.
    burst_bytes: usize,
    /// Bytes of each charge that was asked for.
    charges: Arc<Mutex<Vec<usize>>>,
    /// How many charges are held.
    held: Arc<AtomicUsize>,
    /// Whether bodies are kept as they came.
    logs: bool,
}

/// A charge, counted for as long as it lives.
#[derive(Debug)]
pub struct HeldCharge(Arc<AtomicUsize>);

impl HeldCharge {
    fn new(held: &Arc<AtomicUsize>) -> Self {
        held.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(held))
    }
}

impl Drop for HeldCharge {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Default for RecordingSink {
    fn default() -> Self {
        Self::with_permits(Semaphore::MAX_PERMITS)
    }
}

impl RecordingSink {
    /// A sink that takes requests and answers none before [`Self::open`].
    pub fn closed() -> Self {
        Self::with_permits(0)
    }

    /// A sink that answers every request with `answer`.
    pub fn answering(answer: Result<Accepted, Refusal>) -> Self {
        let sink = Self::default();
        *sink.answer.lock().unwrap() = answer;
        sink
    }

    /// A sink whose tenants may not send anything.
    pub fn over_rate(refusal: Refusal) -> Self {
        Self {
            over_rate: Some(refusal),
            ..Self::default()
        }
    }

    /// A sink whose tenants may send `burst_bytes` bytes at once.
    pub fn bursting(burst_bytes: usize) -> Self {
        Self {
            burst_bytes,
            ..Self::default()
        }
    }

    /// A sink that keeps bodies as they came.
    pub fn logging() -> Self {
        Self {
            logs: true,
            ..Self::default()
        }
    }

    /// A sink whose gate has room for `max_bytes` bytes.
    pub fn admitting(max_bytes: usize) -> Self {
        Self {
            admission: gate(max_bytes),
            ..Self::default()
        }
    }

    /// For how many bytes charges were asked, in order.
    pub fn charges(&self) -> Vec<usize> {
        self.charges.lock().unwrap().clone()
    }

    /// How full its gate is.
    pub fn level(&self) -> GateLevel {
        self.admission.level()
    }

    /// Whether no request holds room or a charge.
    pub fn is_empty(&self) -> bool {
        let level = self.level();
        (level.requests, level.bytes, level.spans) == (0, 0, 0) && self.held.load(Ordering::SeqCst) == 0
    }

    /// Lets every request be answered.
    pub fn open(&self) {
        self.gate.add_permits(1000);
    }

    /// What came in so far.
    pub fn requests(&self) -> Vec<ExportRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits until `count` requests came in.
    pub async fn wait_for(&self, count: usize) {
        while self.requests().len() < count {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    fn with_permits(permits: usize) -> Self {
        Self {
            requests: Arc::default(),
            answer: Arc::new(Mutex::new(Ok(Accepted::default()))),
            gate: Arc::new(Semaphore::new(permits)),
            admission: wide_gate(),
            over_rate: None,
            burst_bytes: usize::MAX,
            charges: Arc::default(),
            held: Arc::default(),
            logs: false,
        }
    }
}

/// A gate so wide that no test of a receiver fills it.
pub fn wide_gate() -> Arc<Gate> {
    gate(1 << 40)
}

fn gate(max_bytes: usize) -> Arc<Gate> {
    Gate::new(AdmissionSettings {
        max_spans: 1 << 40,
        max_bytes,
        max_tenants: 100,
    })
}

/// What more than `burst_bytes` bytes are refused with.
pub fn larger_than(burst_bytes: usize) -> Refusal {
    Refusal::LargerThanBurst {
        bytes: burst_bytes.saturating_add(1),
        burst_bytes: u64::try_from(burst_bytes).unwrap(),
    }
}

impl TraceSink for RecordingSink {
    fn logs(&self) -> bool {
        self.logs
    }

    fn admit(&self) -> Result<Room, Refusal> {
        self.admission.admit(0)
    }

    type Charge = HeldCharge;

    fn charge(&self, _: &TenantId, bytes: usize) -> Result<HeldCharge, Refusal> {
        self.charges.lock().unwrap().push(bytes);
        match &self.over_rate {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(HeldCharge::new(&self.held)),
        }
    }

    fn recharge(&self, charge: HeldCharge, bytes: usize) -> Result<HeldCharge, Refusal> {
        self.charges.lock().unwrap().push(bytes);
        Ok(charge)
    }

    fn most_bytes(&self, _: &HeldCharge) -> usize {
        self.burst_bytes
    }

    fn exceeded(&self, _: HeldCharge) -> Refusal {
        larger_than(self.burst_bytes)
    }

    async fn export(
        &self,
        request: ExportRequest,
        _room: Room,
        _charge: HeldCharge,
    ) -> Result<Accepted, Refusal> {
        self.requests.lock().unwrap().push(request);
        let _permit = self.gate.acquire().await.unwrap();
        self.answer.lock().unwrap().clone()
    }
}
