//! A naive model of the store, and a driver that does to both what it is told, whatever fails.

use std::collections::VecDeque;

use super::*;
use crate::disk::memory::Tear;

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Step {
    Put { block: u32, bytes: usize },
    Remove { block: u32 },
    Samples { endpoint: bool, bytes: usize },
    Position { offset: u64 },
    Commit,
    Abandon,
    Acknowledge { endpoint: bool, batches: usize },
    RemoveEndpoint { endpoint: bool },
    Flush,
    Rewrite { bytes: u64 },
    Reopen,
    Crash(Tear),
    FailSync { after: u64 },
    Full { free: u64 },
    Room,
}

/// A batch: its cut and its bytes.
type Batch = (i64, Vec<u8>);

/// What is durable, as a naive model has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub epoch: u64,
    pub offset: Option<u64>,
    pub blocks: BTreeMap<BlockKey, Vec<u8>>,
    pub queues: BTreeMap<EndpointKey, VecDeque<Batch>>,
}

/// The store and the model.
pub struct Driver {
    pub disk: MemoryDisk,
    store: Option<EpochStore>,
    writer: Option<EpochWriter>,
    pub committed: Model,
    /// With what is being written.
    next: Model,
    /// How many batches of each queue were acknowledged and may be there again after a crash.
    acknowledged: BTreeMap<EndpointKey, usize>,
    steps: usize,
    /// What a power failure leaves that comes in the middle of a step.
    pub tear: Tear,
}

impl Model {
    /// What the store and what was loaded of it show.
    pub fn of(store: &mut EpochStore, loaded: Loaded) -> Self {
        let epoch = loaded.epoch.clone();
        let offset = epoch
            .as_ref()
            .and_then(|epoch| epoch.positions.values().next().copied());
        let endpoints: Vec<_> = store.backlogs().map(|(endpoint, _)| endpoint.clone()).collect();
        Self {
            epoch: epoch.map_or(0, |epoch| epoch.number),
            offset,
            blocks: blocks(loaded),
            queues: endpoints
                .into_iter()
                .map(|endpoint| (endpoint.clone(), queue(store, &endpoint)))
                .collect(),
        }
    }

    fn drop_front(&mut self, endpoint: &EndpointKey, batches: usize) {
        let queue = self.queues.entry(endpoint.clone()).or_default();
        queue.drain(..batches.min(queue.len()));
        self.queues.retain(|_, queue| !queue.is_empty());
    }
}

fn queue(store: &mut EpochStore, endpoint: &EndpointKey) -> VecDeque<Batch> {
    let (mut queue, mut after) = (VecDeque::new(), None);
    while let Some(batch) = store.take(endpoint, after).unwrap() {
        assert_eq!(batch.samples, batch.bytes.len() as u64);
        queue.push_back((batch.cut_unix_milliseconds, batch.bytes));
        after = Some(batch.number);
    }
    queue
}

fn named(is_first: bool) -> EndpointKey {
    endpoint(if is_first { "first" } else { "second" })
}

impl Driver {
    pub fn new(disk: MemoryDisk) -> Self {
        Self {
            disk,
            store: None,
            writer: None,
            committed: Model::default(),
            next: Model::default(),
            acknowledged: BTreeMap::new(),
            steps: 0,
            tear: Tear::Lost,
        }
    }

    /// Does one step. What fails, fails; then the state is opened again where that is called for.
    pub fn step(&mut self, step: &Step) {
        self.steps += 1;
        if self.store.is_none() {
            self.store = open(&self.disk).ok().map(|(store, _)| store);
        }
        match step {
            Step::Reopen => self.reopen(&[]),
            Step::Crash(tear) => {
                self.close();
                self.disk.restart(*tear);
                self.reopen(&[]);
            }
            Step::FailSync { after } => self.disk.fail_sync_after(*after),
            Step::Full { free } => self.disk.set_capacity(Some(self.disk.used_bytes() + free)),
            Step::Room => self.disk.set_capacity(None),
            Step::Commit => self.commit(),
            Step::Abandon => self.abandon(),
            Step::Flush => self.change(|store| store.flush()),
            Step::Rewrite { bytes } => self.change(|store| store.rewrite(*bytes).map(|_| ())),
            Step::Acknowledge { endpoint, batches } => self.acknowledge(&named(*endpoint), *batches),
            Step::RemoveEndpoint { endpoint } => self.remove_endpoint(&named(*endpoint)),
            written => self.write(written),
        }
    }

    /// Opens the state, which must be what was committed, or what was `in_doubt`.
    pub fn reopen(&mut self, in_doubt: &[Model]) {
        self.close();
        self.disk.set_capacity(None);
        let (mut store, loaded) = self.open();
        let mut found = Model::of(&mut store, loaded);
        let queues = std::mem::take(&mut found.queues);
        let is_found = |model: &Model| {
            Model {
                queues: BTreeMap::new(),
                ..model.clone()
            } == found
        };
        let doubtful = in_doubt.iter().find(|model| is_found(model)).cloned();
        let model = doubtful.unwrap_or_else(|| self.committed.clone());
        assert!(is_found(&model), "{found:?} is not {:?}", self.committed);
        self.check_queues(&model, &queues);
        self.committed = Model { queues, ..model };
        self.next = self.committed.clone();
        self.acknowledged.clear();
        self.store = Some(store);
    }

    /// Opens the state: at once, after the one sync that is to fail, or when the power is back.
    fn open(&self) -> (EpochStore, Loaded) {
        match open(&self.disk) {
            Ok(opened) if self.disk.has_power() => return opened,
            _ if self.disk.has_power() => {}
            _ => self.disk.restart(self.tear),
        }
        open(&self.disk).unwrap()
    }

    fn close(&mut self) {
        self.writer = None;
        self.store = None;
        self.next = self.committed.clone();
    }

    /// A queue holds what was committed, and may lack of its front what was acknowledged.
    fn check_queues(&self, model: &Model, queues: &BTreeMap<EndpointKey, VecDeque<Batch>>) {
        for name in [named(true), named(false)] {
            let mut whole = model.queues.get(&name).cloned().unwrap_or_default();
            let found = queues.get(&name).cloned().unwrap_or_default();
            let lacking = whole.len().checked_sub(found.len()).expect("a batch too many");
            assert!(
                lacking <= self.acknowledged.get(&name).copied().unwrap_or(0),
                "a batch is lost"
            );
            whole.drain(..lacking);
            assert_eq!(whole, found);
        }
    }

    fn writer(&mut self) -> Option<&mut EpochWriter> {
        if self.writer.is_none() {
            self.next = self.committed.clone();
            let cut = cut(i64::try_from(self.steps).unwrap());
            self.writer = self.store.as_mut().and_then(|store| store.begin(cut).ok());
        }
        self.writer.as_mut()
    }

    fn write(&mut self, step: &Step) {
        let fill = u8::try_from(self.steps % 256).unwrap();
        let at = i64::try_from(self.steps).unwrap();
        let Some(writer) = self.writer() else { return };
        match step {
            Step::Put { block: number, bytes } => {
                let bytes = (0..*bytes).map(|n| fill.wrapping_add(u8::try_from(n / 9 % 256).unwrap()));
                let bytes: Vec<u8> = bytes.collect();
                let _ = writer.put_block(block(*number), &bytes);
                self.next.blocks.insert(block(*number), bytes);
            }
            Step::Remove { block: number } => {
                writer.remove_block(block(*number));
                self.next.blocks.remove(&block(*number));
            }
            Step::Samples { endpoint, bytes } => {
                let bytes = vec![fill; *bytes];
                let _ = writer.put_samples(named(*endpoint), at, bytes.len() as u64, &bytes);
                self.next
                    .queues
                    .entry(named(*endpoint))
                    .or_default()
                    .push_back((at, bytes));
            }
            Step::Position { offset } => {
                let part = SourcePart {
                    source: "log".to_owned(),
                    partition: 0,
                };
                writer.set_positions(BTreeMap::from([(part, *offset)]));
                self.next.offset = Some(*offset);
            }
            other => panic!("{other:?} is nothing to write"),
        }
    }

    fn commit(&mut self) {
        if self.writer().is_none() {
            return;
        }
        let (Some(writer), Some(store)) = (self.writer.take(), self.store.as_mut()) else {
            return;
        };
        self.next.epoch = self.committed.epoch + 1;
        match store.commit(writer) {
            Ok(committed) => self.committed(&committed),
            Err(StoreError::InDoubt(_) | StoreError::ReopenNeeded) => {
                let next = self.next.clone();
                self.reopen(&[next]);
            }
            Err(StoreError::NotCommitted(_) | StoreError::Incomplete) => self.next = self.committed.clone(),
            Err(other) => panic!("{other}"),
        }
    }

    fn committed(&mut self, committed: &Committed) {
        assert_eq!(committed.epoch.number, self.next.epoch);
        for (endpoint, batches) in std::mem::take(&mut self.acknowledged) {
            self.next.drop_front(&endpoint, batches);
        }
        for dropped in &committed.dropped {
            self.next.drop_front(
                &dropped.endpoint,
                usize::try_from(dropped.backlog.batches).unwrap(),
            );
        }
        self.committed = self.next.clone();
    }

    fn abandon(&mut self) {
        if let (Some(writer), Some(store)) = (self.writer.take(), self.store.as_mut()) {
            store.abandon(writer);
            self.next = self.committed.clone();
        }
    }

    /// A change that changes nothing of what the model has.
    fn change(&mut self, change: impl Fn(&mut EpochStore) -> Result<(), StoreError>) {
        match self.store.as_mut().map(change) {
            None | Some(Ok(()) | Err(StoreError::NotCommitted(_))) => {}
            Some(Err(StoreError::InDoubt(_) | StoreError::ReopenNeeded)) => self.reopen(&[]),
            // What is rewritten is read while it is written.
            Some(Err(StoreError::Unread(_))) if !self.disk.has_power() => {}
            Some(Err(other)) => panic!("{other}"),
        }
    }

    fn acknowledge(&mut self, endpoint: &EndpointKey, batches: usize) {
        let Some(store) = self.store.as_mut() else { return };
        let mut after = None;
        for _ in 0..batches {
            let Some(batch) = store.take(endpoint, after).unwrap_or_default() else {
                break;
            };
            after = Some(batch.number);
            *self.acknowledged.entry(endpoint.clone()).or_default() += 1;
        }
        after
            .into_iter()
            .for_each(|up_to| store.acknowledge(endpoint, up_to));
    }

    fn remove_endpoint(&mut self, endpoint: &EndpointKey) {
        let Some(store) = self.store.as_mut() else { return };
        let lost = store.remove_endpoint(endpoint);
        let waiting = self.committed.queues.get(endpoint).map_or(0, VecDeque::len);
        let acknowledged = self.acknowledged.entry(endpoint.clone()).or_default();
        assert_eq!(usize::try_from(lost.batches).unwrap() + *acknowledged, waiting);
        *acknowledged = waiting;
    }
}
