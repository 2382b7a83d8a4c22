//! Senders that go away: whatever they leave, the gate and the tenant's accounts are right.

use std::pin::pin;
use std::task::Poll;

use futures_util::poll;

use super::*;
use crate::tenants::Tenant;

const BURST: u64 = 1_000_000;

/// A tenant that may send [`BURST`] bytes, and so few more that no test notices.
fn start_limited() -> Pipeline {
    start(TenantSettings {
        ingestion: IngestionSettings {
            rate_limit_bytes: 1,
            burst_size_bytes: usize::try_from(BURST).unwrap(),
        },
        ..TenantSettings::default()
    })
    .pipeline
}

/// Polls `future` so many times, and drops it then; what it gave when it was done.
async fn abandon_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = poll!(future.as_mut()) {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

async fn until_drained(pipeline: &Pipeline) {
    for _ in 0..500 {
        if pipeline.gate.level().requests == 0 {
            let level = pipeline.gate.level();
            assert_eq!((level.bytes, level.spans), (0, 0));
            return;
        }
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the gate still holds {:?}", pipeline.gate.level());
}

/// What `tenant` may still send is what it may at all without what was received.
fn assert_account(tenant: &Arc<Tenant>) {
    let received = tenant.handles.metrics.bytes_received.get();
    let left = usize::try_from(BURST - received).unwrap();
    let now = Clock::live().now();
    // Less than a request, more than comes in during a test.
    assert!(tenant.charge(left + 60, now).is_err(), "{received} received");
    assert!(tenant.charge(left, now).is_ok(), "{received} received");
}

#[actix_rt::test]
async fn a_sender_that_goes_away_at_any_poll_leaves_the_accounts_right() {
    let pipeline = start_limited();
    let intake = pipeline.intake();
    export(&intake, call(200)).await.unwrap();
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    let mut done = 0_u64;
    for round in 0..120_u8 {
        let polls = usize::from(round) % 12;
        let answer = abandon_after(polls, export(&intake, call(round + 1))).await;
        done += u64::from(matches!(answer, Some(Ok(_))));
    }
    until_drained(&pipeline).await;
    assert_account(&tenant);
    let size = u64::try_from(call(1).spans.len()).unwrap();
    let received = tenant.handles.metrics.bytes_received.get();
    assert_eq!(received % size, 0);
    assert!(
        received / size > done,
        "who went away may have been taken: {received}"
    );
    assert_eq!(tenant.handles.metrics.spans_received.get(), 2 * received / size);
    assert!(received / size <= 121);
}

#[actix_rt::test]
async fn what_was_announced_is_put_back_when_nothing_or_less_comes() {
    let pipeline = start_limited();
    let intake = pipeline.intake();
    export(&intake, call(200)).await.unwrap();
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    drop(intake.charge(&tenant.profile.id, 700_000).unwrap());
    assert_account(&tenant);
    let charge = intake.charge(&tenant.profile.id, 400_000).unwrap();
    let less = intake.export(call(1), intake.admit().unwrap(), charge).await;
    less.unwrap();
    assert_account(&tenant);
    let charge = intake.charge(&tenant.profile.id, 1).unwrap();
    let more = intake.export(call(2), intake.admit().unwrap(), charge).await;
    more.unwrap();
    assert_account(&tenant);
}

#[actix_rt::test]
async fn what_is_announced_and_not_there_is_refused_before_it_is_read() {
    let pipeline = start_limited();
    let intake = pipeline.intake();
    let most = usize::try_from(BURST).unwrap();
    let ever = intake.charge(&TenantId::single(), most + 1).unwrap_err();
    assert!(
        matches!(ever, Refusal::LargerThanBurst { .. }),
        "a tenant that does not run yet"
    );
    export(&intake, call(200)).await.unwrap();
    let now = intake.charge(&TenantId::single(), most).unwrap_err();
    assert!(matches!(now, Refusal::RateLimited { .. }));
    let ever = intake.charge(&TenantId::single(), most + 1).unwrap_err();
    assert!(matches!(ever, Refusal::LargerThanBurst { .. }));
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    assert_eq!(tenant.handles.metrics.requests_limited.rate_limited.get(), 1);
    assert_eq!(tenant.handles.metrics.requests_limited.larger_than_burst.get(), 1);
    assert_account(&tenant);
}

#[actix_rt::test]
async fn promises_take_little_of_what_others_may_send() {
    let pipeline = start_limited();
    let intake = pipeline.intake();
    export(&intake, call(200)).await.unwrap();
    let promise = intake.charge(&TenantId::single(), 990_000).unwrap();
    intake.charge(&TenantId::single(), 400_000).unwrap();
    drop(promise);
    assert_account(&pipeline.tenants.get(&TenantId::single()).unwrap());
}

#[actix_rt::test]
async fn what_arrived_is_looked_at_before_it_is_unpacked() {
    let pipeline = start_limited();
    let intake = pipeline.intake();
    let most = usize::try_from(BURST).unwrap();
    let stranger = intake.charge(&TenantId::single(), 1).unwrap();
    assert_eq!(intake.most_bytes(&stranger), most);
    assert!(matches!(
        intake.exceeded(stranger),
        Refusal::LargerThanBurst { .. }
    ));
    export(&intake, call(200)).await.unwrap();
    let tenant = pipeline.tenants.get(&TenantId::single()).unwrap();
    let [first, second] = [1, 1].map(|bytes| intake.charge(&tenant.profile.id, bytes).unwrap());
    let taken = intake.recharge(first, 990_000).unwrap();
    let now = intake.recharge(second, 100_000).unwrap_err();
    assert!(matches!(now, Refusal::RateLimited { .. }));
    assert_eq!(intake.most_bytes(&taken), most);
    let Refusal::LargerThanBurst { bytes, burst_bytes } = intake.exceeded(taken) else {
        panic!("it never fits");
    };
    assert_eq!((bytes, burst_bytes), (most + 1, BURST));
    let limited = &tenant.handles.metrics.requests_limited;
    assert_eq!(
        (limited.rate_limited.get(), limited.larger_than_burst.get()),
        (1, 1)
    );
    assert_account(&tenant);
}

#[actix_rt::test]
async fn a_tenant_without_a_limit_may_send_any_number_of_bytes() {
    let intake = start(TenantSettings::default()).pipeline.intake();
    let charge = intake.charge(&TenantId::single(), 1).unwrap();
    assert_eq!(intake.most_bytes(&charge), usize::MAX);
}
