//! The health service, asked as probes and load balancers do.

use std::sync::atomic::{AtomicBool, Ordering};

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::*;
use spangraph_config::{AcceptedCredential, Credential, Secret};
use spangraph_serving::authentication::Authenticator;

const EXPORT_SERVICE: &str = "opentelemetry.proto.collector.trace.v1.TraceService";

type Probe = HealthClient<Channel>;

async fn probe(receiver: &GrpcReceiver) -> Probe {
    let url = format!("http://{}", receiver.local_address());
    HealthClient::new(Channel::from_shared(url).unwrap().connect().await.unwrap())
}

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

async fn check(probe: &mut Probe, service: &str) -> Result<ServingStatus, Code> {
    let answer = probe.check(about(service)).await;
    answer
        .map(|answer| answer.into_inner().status())
        .map_err(|status| status.code())
}

async fn until(probe: &mut Probe, service: &str, wanted: ServingStatus) {
    let mut tries = 0;
    while check(probe, service).await != Ok(wanted) {
        tries += 1;
        assert!(tries < 500, "{service:?} is never {wanted:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn it_follows_whether_the_server_is_ready() {
    let is_ready = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_ready);
    let intake = Intake::new(RecordingSink::default(), true, ReceiverMetrics::default());
    let look: IsReady = Arc::new(move || asked.load(Ordering::SeqCst));
    let receiver = GrpcReceiver::start(&settings(), intake, 1, look).unwrap();
    let mut probe = probe(&receiver).await;
    for service in ["", EXPORT_SERVICE] {
        assert_eq!(check(&mut probe, service).await, Ok(ServingStatus::NotServing));
    }
    assert_eq!(check(&mut probe, "another.Service").await, Err(Code::NotFound));
    is_ready.store(true, Ordering::SeqCst);
    for service in ["", EXPORT_SERVICE] {
        until(&mut probe, service, ServingStatus::Serving).await;
    }
    is_ready.store(false, Ordering::SeqCst);
    until(&mut probe, EXPORT_SERVICE, ServingStatus::NotServing).await;
}

#[tokio::test]
async fn who_watches_hears_of_a_stop_and_does_not_hold_it_up() {
    let receiver = start(&settings(), &RecordingSink::default());
    let mut probe = probe(&receiver).await;
    let mut statuses = probe.watch(about(EXPORT_SERVICE)).await.unwrap().into_inner();
    let first = statuses.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving);
    let stopping = tokio::spawn(receiver.stop(Duration::from_secs(30)));
    let last = statuses.message().await.unwrap().unwrap();
    assert_eq!(last.status(), ServingStatus::NotServing);
    assert_eq!(statuses.message().await.unwrap(), None);
    assert!(stopping.await.unwrap());
}

#[tokio::test]
async fn it_asks_nobody_for_credentials_while_exports_need_them() {
    let accepted = AcceptedCredential {
        username: None,
        secret: Credential::Inline(Secret::new("token")),
        tenant: None,
    };
    let metrics = ReceiverMetrics::default();
    let authenticator = Authenticator::start(&[accepted], metrics.authentication()).unwrap();
    let intake = Intake::new(RecordingSink::default(), true, metrics).asking(authenticator);
    let receiver = GrpcReceiver::start(&settings(), intake, 1, always_ready()).unwrap();
    assert_eq!(
        check(&mut probe(&receiver).await, "").await,
        Ok(ServingStatus::Serving)
    );
    let mut client = client(&receiver).await;
    let status = client.export(of_tenant(spans("a"), &["one"])).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_connection_watches_so_often_and_no_more_and_others_feel_nothing() {
    let receiver = start(&settings(), &RecordingSink::default());
    let [mut greedy, mut other] = [probe(&receiver).await, probe(&receiver).await];
    let mut watching = Vec::new();
    let refused = loop {
        assert!(watching.len() < 50, "nothing bounds them");
        match greedy.watch(about("")).await {
            Ok(answer) => watching.push(answer),
            Err(status) => break status,
        }
    };
    assert_eq!((refused.code(), watching.len()), (Code::ResourceExhausted, 8));
    assert_eq!(check(&mut greedy, "").await, Err(Code::ResourceExhausted));
    assert_eq!(check(&mut other, "").await, Ok(ServingStatus::Serving));
    drop(watching.pop());
    until(&mut greedy, "", ServingStatus::Serving).await;
    let again = greedy.watch(about("")).await.unwrap();
    assert_eq!(check(&mut greedy, "").await, Err(Code::ResourceExhausted));
    drop(again);
}
