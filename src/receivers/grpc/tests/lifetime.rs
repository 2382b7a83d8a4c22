//! Connections and stopping.

use super::*;

fn in_background(
    mut client: Client,
    name: &'static str,
) -> tokio::task::JoinHandle<Result<ExportTraceServiceResponse, Status>> {
    tokio::spawn(async move {
        let response = client.export(of_tenant(spans(name), &["one"])).await;
        response.map(tonic::Response::into_inner)
    })
}

#[tokio::test]
async fn an_address_in_use_is_told_at_once() {
    let sink = RecordingSink::default();
    let first = start(&settings(), &sink);
    let taken = GrpcReceiverSettings {
        endpoint: first.local_address().into(),
        ..settings()
    };
    let intake = Intake::new(sink, true, ReceiverMetrics::default());
    let error = GrpcReceiver::start(&taken, intake, 1, always_ready())
        .unwrap_err()
        .to_string();
    let expected = format!(
        "grpc receiver cannot listen on {address} (distributor.receivers.otlp.protocols.grpc.endpoint)",
        address = first.local_address()
    );
    assert_eq!(error, expected);
}

#[tokio::test]
async fn connections_beyond_the_cap_wait_for_a_slot() {
    let sink = RecordingSink::default();
    let receiver = start(
        &GrpcReceiverSettings {
            max_connections: 1,
            ..settings()
        },
        &sink,
    );
    let mut first = client(&receiver).await;
    first.export(of_tenant(spans("a"), &["one"])).await.unwrap();
    let url = format!("http://{}", receiver.local_address());
    let second = in_background(
        TraceServiceClient::new(Channel::from_shared(url).unwrap().connect_lazy()),
        "b",
    );
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(sink.requests().len(), 1);
    drop(first);
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn stopping_answers_what_is_under_way_and_refuses_what_is_new() {
    let sink = RecordingSink::closed();
    let receiver = start(&settings(), &sink);
    let client = client(&receiver).await;
    let under_way = in_background(client.clone(), "a");
    sink.wait_for(1).await;
    let address = receiver.local_address();
    receiver.stop_accepting();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(TcpStream::connect(address).is_err());
    in_background(client, "b").await.unwrap().unwrap_err();
    let stopping = tokio::spawn(receiver.stop(Duration::from_secs(10)));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!stopping.is_finished());
    sink.open();
    under_way.await.unwrap().unwrap();
    assert!(stopping.await.unwrap());
    assert_eq!(sink.requests().len(), 1);
}

#[tokio::test]
async fn stopping_ends_at_its_deadline() {
    let sink = RecordingSink::closed();
    let receiver = start(&settings(), &sink);
    let under_way = in_background(client(&receiver).await, "a");
    sink.wait_for(1).await;
    let began = Instant::now();
    assert!(!receiver.stop(Duration::from_millis(100)).await);
    assert!(began.elapsed() < Duration::from_secs(5));
    under_way.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_dropped_receiver_frees_its_address() {
    let receiver = start(&settings(), &RecordingSink::default());
    let address = receiver.local_address();
    drop(receiver);
    let mut tries = 0;
    while TcpStream::connect(address).is_ok() {
        tries += 1;
        assert!(tries < 100, "still listening");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_old_connection_says_goodbye_and_finishes_what_is_under_way() {
    let sink = RecordingSink::closed();
    let age = Some(Duration::from_millis(200));
    let receiver = start(
        &GrpcReceiverSettings {
            max_connection_age: age,
            ..settings()
        },
        &sink,
    );
    let old = client(&receiver).await;
    let under_way = in_background(old.clone(), "a");
    sink.wait_for(1).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    // The sender knows that this connection takes no more, and so does not even try.
    in_background(old.clone(), "b").await.unwrap().unwrap_err();
    sink.open();
    under_way.await.unwrap().unwrap();
    assert_eq!(sink.requests().len(), 1);
    in_background(client(&receiver).await, "c")
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn an_old_connection_is_cut_after_its_grace() {
    let sink = RecordingSink::closed();
    let settings = GrpcReceiverSettings {
        max_connection_age: Some(Duration::from_millis(100)),
        max_connection_age_grace: Duration::from_millis(200),
        ..settings()
    };
    let receiver = start(&settings, &sink);
    let began = Instant::now();
    in_background(client(&receiver).await, "a")
        .await
        .unwrap()
        .unwrap_err();
    let lasted = began.elapsed();
    assert!(
        lasted >= Duration::from_millis(250) && lasted < Duration::from_secs(5),
        "{lasted:?}"
    );
}
