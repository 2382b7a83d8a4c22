//! What waits goes on waiting in another process, with as many shards as there are then.

mod blocks;
mod damage;
mod restarts;

use super::*;
use crate::durability::{StateImage as _, Table, TableBlock, Which};
use crate::ingest::shard_of;
use crate::matcher::{LoadedPairing, PairingImage, PairingLoader};

type Blocks = Vec<(TableBlock, Vec<u8>)>;

/// The shards of one tenant, as one would see them.
#[derive(Debug)]
struct Shards {
    settings: ServiceGraphsSettings,
    budgets: PairingBudgets,
    pairings: Vec<Pairing>,
}

impl Shards {
    fn new(settings: &ServiceGraphsSettings, shards: usize) -> Self {
        let budgets = PairingBudgets::new(settings);
        let pairing = || Pairing::new(settings, budgets.clone());
        Self {
            settings: settings.clone(),
            pairings: std::iter::repeat_with(pairing).take(shards).collect(),
            budgets,
        }
    }

    fn restored(settings: &ServiceGraphsSettings, shards: usize, blocks: &Blocks) -> Self {
        let budgets = PairingBudgets::new(settings);
        let loaded = load(settings, shards, blocks);
        let pairing = |loaded| Pairing::restored(settings, budgets.clone(), loaded);
        Self {
            settings: settings.clone(),
            pairings: loaded.into_iter().map(pairing).collect(),
            budgets,
        }
    }

    fn reconfigure(&mut self, settings: &ServiceGraphsSettings) {
        self.budgets.resize(settings);
        for pairing in &mut self.pairings {
            pairing.reconfigure(&self.settings, settings);
        }
        self.settings = settings.clone();
    }

    /// Gives the only half of `batch` to its shard; what is due is given up everywhere first.
    fn apply(&mut self, batch: &HalfEdges, now: PipelineTime) {
        self.expire(now);
        let shard = shard_of(&batch.halves[0].key.trace_id, self.pairings.len());
        self.pairings[shard].apply(batch, now);
    }

    fn expire(&mut self, now: PipelineTime) {
        self.pairings.iter_mut().for_each(|pairing| pairing.expire(now));
    }

    fn save(&mut self) -> Blocks {
        let shards = (0..).zip(&mut self.pairings);
        shards
            .flat_map(|(shard, pairing)| saved(&pairing.freeze(shard, &self.settings).unwrap()))
            .collect()
    }

    fn pending_edges(&self) -> usize {
        self.pairings.iter().map(Pairing::pending_edges).sum()
    }

    /// All that is known of each edge that was completed, in some order that is always the same.
    fn take_edges(&mut self) -> Vec<String> {
        let edges = self.pairings.iter_mut().map(Pairing::take_edges);
        let mut told: Vec<_> = edges.flat_map(|edges| told(&edges)).collect();
        told.sort();
        told
    }

    fn take_outcomes(&mut self) -> Vec<Outcomes> {
        self.pairings.iter_mut().map(Pairing::take_outcomes).collect()
    }
}

fn told(edges: &Edges) -> Vec<String> {
    let text = |id: TextId| id.is_present().then(|| edges.texts.get(id));
    let width = edges.dimensions.len() / edges.edges.len().max(1);
    let rows = (0..).map(|row| &edges.dimensions[row * width..(row + 1) * width]);
    let all = edges.edges.iter().zip(rows);
    all.map(|(edge, row)| {
        let dimensions: Vec<_> = row.iter().map(|id| text(*id)).collect();
        let nameless = crate::batches::Edge {
            client: TextId::ABSENT,
            server: TextId::ABSENT,
            ..*edge
        };
        format!(
            "{:?} {:?} {nameless:?} {dimensions:?}",
            text(edge.client),
            text(edge.server)
        )
    })
    .collect()
}

/// The blocks of `image`, which are those that it says it has.
fn saved(image: &PairingImage) -> Blocks {
    let mut blocks = Blocks::new();
    let mut sink = |place, block: &[u8]| {
        blocks.push((place, block.to_vec()));
        Ok(())
    };
    image.save(Which::Changed, &mut sink).unwrap();
    let places = |Table { table, blocks }| (0..blocks).map(move |block| TableBlock { table, block });
    let expected: Vec<_> = image.tables().into_iter().flat_map(places).collect();
    let found: Vec<_> = blocks.iter().map(|(place, _)| *place).collect();
    assert_eq!(found, expected);
    blocks
}

fn load(settings: &ServiceGraphsSettings, shards: usize, blocks: &Blocks) -> Vec<LoadedPairing> {
    let mut loader = PairingLoader::new(settings, shards);
    for (place, block) in blocks {
        loader.read(*place, block).unwrap();
    }
    loader.finish()
}

#[test]
fn what_was_completed_and_not_taken_is_in_no_image() {
    let mut pairing = pairing(10);
    let halves = [
        half(1, 1, EdgeKind::Client, "shop"),
        half(1, 1, EdgeKind::Server, "cart"),
    ];
    pairing.apply(&batch(&halves), START);
    assert!(pairing.freeze(0, &settings(10)).is_none());
    pairing.take_edges();
    assert!(pairing.freeze(0, &settings(10)).is_some());
}

#[test]
fn halves_that_come_after_a_restart_meet_those_from_before() {
    let mut before = Shards::new(&settings(10), 1);
    for trace in 1..=8 {
        before.apply(&batch(&[half(trace, 1, EdgeKind::Client, "shop")]), START);
    }
    let mut after = Shards::restored(&settings(10), 3, &before.save());
    let pending: i64 = after.take_outcomes().iter().map(Outcomes::pending_change).sum();
    assert_eq!((pending, after.budgets.pending.taken()), (8, 8));
    for trace in 1..=7 {
        after.apply(
            &batch(&[half(trace, 1, EdgeKind::Server, "cart")]),
            START + Duration::from_millis(1_999),
        );
    }
    assert_eq!(after.take_edges().len(), 7);
    assert_eq!((after.pending_edges(), after.budgets.pending.taken()), (1, 1));
    after.expire(START + Duration::from_secs(2));
    let outcomes = after.take_outcomes();
    let expired: u64 = outcomes.iter().map(|outcomes| outcomes.expired).sum();
    assert_eq!((expired, after.budgets.pending.taken()), (1, 0));
}

#[test]
fn what_is_restored_is_never_turned_away_but_takes_its_room() {
    let mut before = Shards::new(&settings(10), 1);
    let filtered = Written {
        filtered: true,
        ..half(9, 1, EdgeKind::Client, "noisy")
    };
    before.apply(&batch(&[filtered]), START);
    for trace in 1..=5 {
        before.apply(&batch(&[half(trace, 1, EdgeKind::Client, "shop")]), START);
    }
    let narrow = ServiceGraphsSettings {
        max_text_bytes: 1,
        ..settings(0)
    };
    let mut after = Shards::restored(&narrow, 1, &before.save());
    let taken = |budgets: &PairingBudgets| (budgets.pending.taken(), budgets.markers.taken());
    assert_eq!((after.pending_edges(), taken(&after.budgets)), (5, (5, 1)));
    assert_eq!(
        after.budgets.text_bytes.taken(),
        before.budgets.text_bytes.taken() - ("noisy".len() + 48),
        "what no edge names is left behind"
    );
    after.take_outcomes();
    after.apply(&batch(&[half(6, 1, EdgeKind::Client, "shop")]), START);
    assert_eq!(after.take_outcomes()[0].dropped_full, 1);
    after.expire(START + Duration::from_secs(2));
    assert_eq!(taken(&after.budgets), (0, 0));
}

#[test]
fn an_image_has_what_there_was_at_its_cut_whatever_comes_later() {
    let mut pairing = pairing(10_000);
    for call in 1..=200 {
        pairing.apply(&batch(&[half(1, call, EdgeKind::Client, "shop")]), START);
    }
    let image = pairing.freeze(0, &settings(10_000)).unwrap();
    let at_once = saved(&pairing.freeze(0, &settings(10_000)).unwrap());
    pairing.shift(TimeShift::from_milliseconds(77));
    for call in 1..=100 {
        pairing.apply(&batch(&[half(1, call, EdgeKind::Server, "cart")]), START);
        pairing.apply(&batch(&[half(2, call, EdgeKind::Client, "bank")]), START);
    }
    pairing.expire(START + Duration::from_secs(3));
    assert_eq!(pairing.pending_edges(), 0);
    assert_eq!(saved(&image), at_once);
}
