//! A naive store, and a writer without clock and network that sends to it.

use std::collections::{BTreeMap, BTreeSet};

use spangraph_proto::remote_write::{SampleField, labels, put_label, put_time_series, split_time_series};

use super::super::super::tests::limits;
use super::super::*;
use crate::batches::{Chunk, ChunkKind, Collected, Compressor, SeriesEnd};

/// A series, and the collection that a sample of it came with.
pub(super) type Sample = (usize, i64);

pub(super) const LANES_USED: usize = 5;

/// A series that is never bad.
pub(super) const OTHER: usize = 1_000_000;

/// How the store says that it does not take something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Failed,
    Never,
}

/// What a store does not take, and how it says so.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) bad_series: BTreeSet<usize>,
    pub(super) bad_samples: BTreeSet<Sample>,
    pub(super) says: Says,
    /// So many requests fail whatever they hold.
    pub(super) outage: usize,
    /// The share of requests that fail whatever they hold, in percent.
    pub(super) fails_percent: u32,
    pub(super) random: fastrand::Rng,
    pub(super) arrived: BTreeMap<usize, Vec<i64>>,
}

/// A writer without clock and network: what pauses goes on when nothing else can.
pub(super) struct Sender {
    pub(super) queue: LaneQueue,
    pub(super) store: Store,
    pub(super) under_way: Vec<Request>,
    pub(super) paused: Vec<Request>,
    pub(super) dropped: Vec<Sample>,
    pub(super) requests: usize,
}

pub(super) fn chunk(lane: usize, kind: ChunkKind, series: &[usize], collection: i64) -> Chunk {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for number in series {
        let mut name = Vec::new();
        put_label(&mut name, "__name__", &number.to_string());
        put_time_series(&mut bytes, &[&name], SampleField::new(collection).as_bytes());
        ends.push(SeriesEnd {
            byte: u32::try_from(bytes.len()).unwrap(),
            samples: 1,
            exemplars: 0,
        });
    }
    Chunk {
        kind,
        lane,
        series: Compressor::new().compress(&bytes),
        ends: ends.into(),
        collected_unix_milliseconds: collection,
    }
}

/// A sample that is good: a store that takes nothing cannot be told from one that is down.
pub(super) fn other_traffic() -> Chunk {
    chunk(LANES_USED, ChunkKind::Samples, &[OTHER], 0)
}

/// The series 0 to `series`, spread over the lanes.
pub(super) fn collection(series: usize, number: i64, with_exemplars: bool) -> Collected {
    let mut chunks = Vec::new();
    for lane in 0..LANES_USED {
        let own: Vec<_> = (0..series).filter(|series| series % LANES_USED == lane).collect();
        chunks.push(chunk(lane, ChunkKind::Samples, &own, number));
        if with_exemplars {
            chunks.push(chunk(lane, ChunkKind::Exemplars, &own, number));
        }
    }
    chunks.into()
}

pub(super) fn samples_of(request: &Request) -> Vec<Sample> {
    let mut samples = Vec::new();
    for part in request.parts() {
        let plain = part.series.decompress().unwrap();
        let mut start = 0;
        for end in part.ends.iter() {
            let (encoded, _) = split_time_series(&plain[start..end.byte as usize]).unwrap();
            let name = labels(encoded).next().unwrap().1.parse().unwrap();
            samples.push((name, part.collected_unix_milliseconds));
            start = end.byte as usize;
        }
        assert_eq!((start, part.count), (plain.len(), part.ends.len() as u64));
    }
    samples
}

impl Store {
    pub(super) fn is_bad(&self, sample: &Sample) -> bool {
        self.bad_series.contains(&sample.0) || self.bad_samples.contains(sample)
    }

    pub(super) fn takes(&mut self, samples: &[Sample]) -> Result<(), Says> {
        if self.outage > 0 {
            self.outage -= 1;
            return Err(Says::Failed);
        }
        if self.random.u32(0..100) < self.fails_percent {
            return Err(Says::Failed);
        }
        if samples.iter().any(|sample| self.is_bad(sample)) {
            return Err(self.says);
        }
        for (series, collection) in samples {
            self.arrived.entry(*series).or_default().push(*collection);
        }
        Ok(())
    }
}

impl Sender {
    pub(super) fn new(store: Store, requests: usize, per_request: u64) -> Self {
        Self {
            queue: LaneQueue::new(limits(1_000_000, requests, per_request)),
            store,
            under_way: Vec::new(),
            paused: Vec::new(),
            dropped: Vec::new(),
            requests: 0,
        }
    }

    /// Answers requests until nothing can be sent without a pause.
    pub(super) fn run(&mut self, pick: &mut impl FnMut(usize) -> usize) {
        loop {
            while let Some(request) = self.queue.take() {
                self.under_way.push(request);
            }
            assert!(self.queue.active() <= self.queue.limits().requests);
            if self.under_way.is_empty() {
                return;
            }
            let request = self.under_way.remove(pick(self.under_way.len()));
            self.answer(request);
        }
    }

    pub(super) fn answer(&mut self, mut request: Request) {
        self.requests += 1;
        let samples = samples_of(&request);
        let next = match self.store.takes(&samples) {
            Ok(()) => return self.queue.finish(request, Ending::Sent),
            Err(Says::Failed) => self.queue.failed(&mut request),
            Err(Says::Never) => self.queue.refused(&request),
        };
        match next {
            Next::Again | Next::Soon => {
                if request.is_suspected() {
                    self.queue.rest(request.id());
                }
                self.paused.push(request);
            }
            Next::Cut | Next::Probe => assert!(self.queue.cut(request).is_none()),
            Next::Drop | Next::Convict => {
                self.dropped.extend(samples);
                self.queue.convict(&request);
                self.queue.finish(request, Ending::Failed);
            }
        }
    }

    /// The pauses are over.
    pub(super) fn wake(&mut self) {
        for request in std::mem::take(&mut self.paused) {
            if request.is_suspected() {
                self.queue.hold(request);
            } else {
                self.under_way.push(request);
            }
        }
    }

    pub(super) fn run_to_the_end(&mut self, mut pick: impl FnMut(usize) -> usize) {
        for round in 0..10_000 {
            self.run(&mut pick);
            if self.queue.requests() == 0 {
                return;
            }
            self.wake();
            if round % 5 == 4 {
                self.queue.enqueue(&vec![other_traffic()].into());
            }
        }
        panic!("{} requests never end", self.queue.requests());
    }
}

pub(super) fn store(bad_series: impl IntoIterator<Item = usize>, says: Says) -> Store {
    Store {
        bad_series: bad_series.into_iter().collect(),
        bad_samples: BTreeSet::new(),
        says,
        outage: 0,
        fails_percent: 0,
        random: fastrand::Rng::with_seed(1),
        arrived: BTreeMap::new(),
    }
}
