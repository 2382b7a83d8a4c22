//! Senders that close their connection at any stage of a request: what the tenant may send is right afterwards.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message as _;
use serde_json::json;

use super::with_tenants;
use crate::harness::Server;
use crate::harness::otlp::{ALL_ACCEPTED, Answer, GrpcSender, Sender};
use crate::harness::spans::pair;

/// Requests that the tenant may send.
const REQUESTS: usize = 200;

fn start(size: usize) -> Server {
    // Half a request more than is used, and so little comes in that it makes no further one.
    let burst = REQUESTS * size + size / 2;
    let ingestion = json!({ "rate_limit_bytes": 1, "burst_size_bytes": burst });
    with_tenants(&json!({ "tight": { "ingestion": ingestion } })).start()
}

/// Sends what is left of the tenant's bytes, and looks whether all of them are accounted for.
fn assert_account(mut server: Server, size: usize) {
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    let mut last = ALL_ACCEPTED;
    for trace in 1000..1002 + u64::try_from(REQUESTS).unwrap() {
        last = sender.send_as(Some("tight"), pair(trace));
        if last != ALL_ACCEPTED {
            break;
        }
    }
    assert!(matches!(last, Answer::Overloaded { .. }), "{last:?}");
    let own = server.own_metrics();
    let received = own.sum("spangraph_bytes_received_total", &[("tenant", "tight")]);
    let spans = own.sum("spangraph_spans_received_total", &[("tenant", "tight")]);
    let requests = f64::from(u32::try_from(REQUESTS).unwrap());
    let size = f64::from(u32::try_from(size).unwrap());
    assert_eq!((received / size, spans), (requests, 2.0 * requests));
    assert!(server.stop().success(), "nothing is left in the gate");
}

#[test]
fn over_http_no_stage_leaves_anything_behind() {
    let size = pair(1).encoded_len();
    let server = start(size);
    for trace in 1..=10 {
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: a\r\nx-scope-orgid: tight\r\ncontent-type: application/x-protobuf\r\ncontent-length: {size}\r\n\r\n"
        );
        let request = [head.as_bytes(), &pair(trace).encode_to_vec()].concat();
        for sent in [
            0,
            1,
            head.len() / 2,
            head.len(),
            head.len() + size / 2,
            request.len(),
        ] {
            let mut stream = TcpStream::connect(("127.0.0.1", server.ports.http)).unwrap();
            stream.write_all(&request[..sent]).unwrap();
            // The last are gone before they read their answer.
            drop(stream);
        }
    }
    assert_account(server, size);
}

#[test]
fn over_grpc_no_stage_leaves_anything_behind() {
    let size = pair(1).encoded_len();
    let server = start(size);
    let url = server.otlp_grpc();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut client = TraceServiceClient::connect(url.clone()).await.unwrap();
        for trace in 1..=60_u64 {
            let mut request = tonic::Request::new(pair(trace));
            request
                .metadata_mut()
                .insert("x-scope-orgid", "tight".parse().unwrap());
            let patience = Duration::from_micros(trace * 50);
            // Who loses patience resets the stream; every tenth closes the connection with it.
            let _ = tokio::time::timeout(patience, client.export(request)).await;
            if trace % 10 == 0 {
                client = TraceServiceClient::connect(url.clone()).await.unwrap();
            }
        }
    });
    drop(runtime);
    assert_account(server, size);
}
