//! Any interleaving of puts, commits, acknowledgements, rewriting, faults and crashes leaves what the model has.

use proptest::prelude::*;

use super::model::{Driver, Step};
use super::*;
use crate::disk::memory::Tear;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..12_u32, 0..200_usize).prop_map(|(block, bytes)| Step::Put { block, bytes }),
        2 => (0..12_u32).prop_map(|block| Step::Remove { block }),
        4 => (any::<bool>(), 0..100_usize).prop_map(|(endpoint, bytes)| Step::Samples { endpoint, bytes }),
        1 => any::<u64>().prop_map(|offset| Step::Position { offset }),
        6 => Just(Step::Commit),
        1 => Just(Step::Abandon),
        3 => (any::<bool>(), 0..4_usize).prop_map(|(endpoint, batches)| Step::Acknowledge { endpoint, batches }),
        1 => any::<bool>().prop_map(|endpoint| Step::RemoveEndpoint { endpoint }),
        1 => Just(Step::Flush),
        4 => (1..600_u64).prop_map(|bytes| Step::Rewrite { bytes }),
        1 => Just(Step::Reopen),
        2 => tear().prop_map(Step::Crash),
        2 => (0..6_u64).prop_map(|after| Step::FailSync { after }),
        1 => (0..800_u64).prop_map(|free| Step::Full { free }),
        2 => Just(Step::Room),
    ]
}

fn tear() -> impl Strategy<Value = Tear> {
    prop_oneof![
        Just(Tear::Lost),
        Just(Tear::Kept),
        any::<u64>().prop_map(Tear::Torn)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_interleaving_leaves_what_was_committed(
        steps in proptest::collection::vec(step(), 0..60),
        short: bool,
        last in tear(),
    ) {
        let disk = MemoryDisk::default();
        disk.set_short_reads(short);
        let mut driver = Driver::new(disk);
        steps.iter().for_each(|step| driver.step(step));
        driver.step(&Step::Crash(last));
    }
}
