//! Random halves, waits and restarts, against pairing that was never interrupted.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Half(AnyHalf),
    Wait(u64),
    /// With other settings, and so many shards.
    Restart(usize, usize),
}

#[derive(Clone, Debug)]
struct AnyHalf {
    written: Written,
    connection: Connection,
    database: bool,
    milliseconds: u64,
    multiplier: f64,
    dimensions: [Option<&'static str>; 3],
}

/// Settings that a reload might bring, of halves with dimensions a, b and c.
fn any_settings(number: usize, max_items: usize) -> ServiceGraphsSettings {
    let (names, prefixed, wait): (&[&str], _, _) = match number {
        0 => (&["a", "b", "c"], false, 2_000),
        1 => (&["a", "b", "c"], true, 2_000),
        2 => (&["c", "a"], true, 1_500),
        3 => (&["b", "new"], false, 2_500),
        _ => (&[], false, 2_000),
    };
    ServiceGraphsSettings {
        dimensions: names.iter().map(|name| (*name).to_owned()).collect(),
        enable_client_server_prefix: prefixed,
        wait: Duration::from_millis(wait),
        ..settings(max_items)
    }
}

impl AnyHalf {
    fn batch(&self, settings: &ServiceGraphsSettings) -> HalfEdges {
        let mut batch = batch(std::slice::from_ref(&self.written));
        let texts = Arc::make_mut(&mut batch.texts);
        let half = &mut batch.halves[0];
        half.connection = self.connection;
        if self.connection == Connection::Database && self.database {
            half.database = texts.insert(b"orders").unwrap();
        }
        half.end_unix_nanoseconds = half.start_unix_nanoseconds + self.milliseconds * 1_000_000;
        half.latency = match self.milliseconds {
            13 => Latency::IMPOSSIBLE,
            _ => Latency::between(half.start_unix_nanoseconds, half.end_unix_nanoseconds),
        };
        half.multiplier = self.multiplier;
        let value = |name: &String| {
            let place = ["a", "b", "c"].iter().position(|known| known == name);
            place.and_then(|place| self.dimensions[place])
        };
        let mut id =
            |value: Option<&str>| value.map_or(TextId::ABSENT, |text| texts.insert(text.as_bytes()).unwrap());
        batch.dimensions = settings.dimensions.iter().map(|name| id(value(name))).collect();
        batch
    }
}

fn any_text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "bb", "ccc"])
}

fn any_written() -> impl Strategy<Value = Written> {
    let kind = prop::sample::select(EdgeKind::ALL.to_vec());
    let peer = prop::option::of(any_text());
    let flags = (prop::bool::weighted(0.1), any::<bool>());
    let written = (0..6_u8, 0..3_u8, kind, any_text(), peer, flags);
    written.prop_map(|(trace, call, kind, service, peer, (filtered, failed))| Written {
        peer,
        filtered,
        failed,
        ..half(trace, call, kind, service)
    })
}

prop_compose! {
    fn any_half()(
        written in any_written(),
        connection in prop::sample::select(vec![Connection::Unset, Connection::MessagingSystem, Connection::Database]),
        database: bool,
        milliseconds in 10..20_u64,
        multiplier in prop::sample::select(vec![0.0, 1.0, 12.5]),
        dimensions in [prop::option::of(any_text()), prop::option::of(any_text()), prop::option::of(any_text())],
    ) -> AnyHalf {
        AnyHalf { written, connection, database, milliseconds, multiplier, dimensions }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any_half().prop_map(Step::Half),
        4 => (0..900_u64).prop_map(Step::Wait),
        1 => (0..5_usize, 1..5_usize).prop_map(|(settings, shards)| Step::Restart(settings, shards)),
    ]
}

/// All counts but those of halves that wait, of all shards together.
fn fates(outcomes: &[Outcomes]) -> Vec<u64> {
    let mut sums = vec![0; 14];
    for each in outcomes {
        let single = [
            each.paired,
            each.virtual_node,
            each.expired,
            each.dropped_full,
            each.dropped_filtered,
            each.dropped_edges,
        ];
        let counts = single.into_iter().chain(each.edges).chain(each.expired_edges);
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    sums
}

proptest! {
    #[test]
    fn pairing_over_restarts_is_as_pairing_that_was_never_interrupted(
        steps in prop::collection::vec(any_step(), 0..120), shards in 1..5_usize, max_items in 0..12_usize,
    ) {
        let first = any_settings(0, max_items);
        let mut whole = Shards::new(&first, 1);
        let mut interrupted = Shards::new(&first, shards);
        let (mut now, mut waiting) = (START, [0_i64; 2]);
        for step in steps {
            match step {
                Step::Half(half) => {
                    let batch = half.batch(&whole.settings);
                    whole.apply(&batch, now);
                    interrupted.apply(&batch, now);
                }
                Step::Wait(milliseconds) => {
                    now = now + Duration::from_millis(milliseconds);
                    whole.expire(now);
                    interrupted.expire(now);
                }
                Step::Restart(number, shards) => {
                    let settings = any_settings(number, max_items);
                    whole.reconfigure(&settings);
                    interrupted = Shards::restored(&settings, shards, &interrupted.save());
                    waiting[1] = 0;
                }
            }
            let (expected, found) = (whole.take_outcomes(), interrupted.take_outcomes());
            for (sum, outcomes) in waiting.iter_mut().zip([&expected, &found]) {
                *sum += outcomes.iter().map(Outcomes::pending_change).sum::<i64>();
            }
            prop_assert_eq!(fates(&found), fates(&expected));
            prop_assert_eq!(waiting[0], waiting[1]);
            prop_assert_eq!(interrupted.take_edges(), whole.take_edges());
            prop_assert_eq!(interrupted.pending_edges(), whole.pending_edges());
            prop_assert_eq!(interrupted.budgets.pending.taken(), whole.budgets.pending.taken());
            prop_assert_eq!(interrupted.budgets.markers.taken(), whole.budgets.markers.taken());
        }
    }
}
