//! What may happen, in any order.

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_storage::disk::memory::Tear;

use super::model::{Half, Request};

/// How many tenants there are.
pub const TENANTS: u8 = 2;

/// What happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// A request, whose first sync of the log may fail.
    Request(Request, bool),
    Wait(u16),
    Tick,
    Epoch(Epoch),
    /// A cut that an actor was too late for, at which tenants may have been due.
    Miss(bool),
    /// The store takes up to so many batches of each tenant.
    Send(u8),
    Kill(Kill),
}

/// An epoch, at which tenants may be due for collection, on a disk that may fail.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    pub is_due: bool,
    pub fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The sync after so many more fails.
    Sync(u8),
    /// There is room for so many bytes.
    Full(u16),
}

/// The process ends, and another one goes on with what is on the disk.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    pub tear: Tear,
    pub shards: usize,
    /// It is killed again after so many requests were applied again.
    pub again_after: Option<u8>,
    /// It makes an epoch before it is killed again.
    pub has_epoch: bool,
}

prop_compose! {
    fn any_half()(
        trace in 0..5_u8, is_client: bool, service in 0..3_u8, has_failed in prop::bool::weighted(0.2), is_slow: bool,
        names_peer: bool,
    ) -> Half {
        Half { trace, is_client, service, has_failed, is_slow, names_peer }
    }
}

prop_compose! {
    fn any_request()(tenant in 0..TENANTS, halves in vec(any_half(), 1..4)) -> Request {
        Request { tenant, halves }
    }
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (0..8_u8).prop_map(Fault::Sync),
        (0..2_000_u16).prop_map(Fault::Full)
    ]
}

prop_compose! {
    fn any_epoch()(is_due: bool, fault in prop::option::weighted(0.4, any_fault())) -> Epoch {
        Epoch { is_due, fault }
    }
}

fn any_tear() -> impl Strategy<Value = Tear> {
    prop_oneof![
        Just(Tear::Kept),
        Just(Tear::Lost),
        any::<u64>().prop_map(Tear::Torn)
    ]
}

prop_compose! {
    fn any_kill()(
        tear in any_tear(), shards in 1..4_usize, again_after in prop::option::of(0..6_u8), has_epoch: bool,
    ) -> Kill {
        Kill { tear, shards, again_after, has_epoch }
    }
}

/// Any step, requests more often than the rest.
pub fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any_request(), prop::bool::weighted(0.1)).prop_map(|(request, fails)| Step::Request(request, fails)),
        2 => (0..300_u16).prop_map(Step::Wait),
        1 => Just(Step::Tick),
        4 => any_epoch().prop_map(Step::Epoch),
        1 => any::<bool>().prop_map(Step::Miss),
        2 => (1..4_u8).prop_map(Step::Send),
        2 => any_kill().prop_map(Step::Kill),
    ]
}
