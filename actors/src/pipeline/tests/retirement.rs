//! A tenant that is retired never takes the server with it, however slow its aggregator is.

use super::*;
use crate::aggregator::BusyForTest;
use crate::tenants::end_aggregator;

#[actix_rt::test]
async fn an_aggregator_that_is_slow_to_end_is_no_death() {
    let Running { pipeline, mut deaths } = start(TenantSettings::default());
    let tenant = pipeline.tenants.get_or_start(&TenantId::single()).unwrap();
    let busy = BusyForTest(Duration::from_millis(300));
    tenant.handles.aggregator.control().try_send(busy).unwrap();
    let impatient = actix_rt::time::timeout(
        Duration::from_millis(50),
        end_aggregator(&tenant, Duration::from_millis(10)),
    );
    assert!(impatient.await.is_err(), "it is busy");
    while tenant.handles.aggregator.control().connected() {
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        deaths.try_recv().is_err(),
        "an actor that was asked to end is no death"
    );
}
