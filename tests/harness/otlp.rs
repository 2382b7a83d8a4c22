//! Senders of OTLP over gRPC and HTTP that say how they were answered.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use reqwest::blocking::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};
use tonic_types::StatusExt;

/// The media type of OTLP's protobuf over HTTP.
pub const PROTOBUF: &str = "application/x-protobuf";

/// How a request was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Taken; so many of its spans were not.
    Accepted { rejected_spans: i64 },
    /// Refused for now: `RESOURCE_EXHAUSTED` or 429, with the pause asked for.
    Overloaded { retry_after: Option<Duration> },
    /// Refused for another reason.
    Refused(String),
}

/// The answer of a sink that took everything.
pub const ALL_ACCEPTED: Answer = Answer::Accepted { rejected_spans: 0 };

/// Something that sends requests one after the other over one connection.
pub trait Sender: Send {
    /// Sends `request` for `tenant`, or for none.
    fn send_as(&mut self, tenant: Option<&str>, request: ExportTraceServiceRequest) -> Answer;

    /// Sends `request` and tells how it was answered.
    fn send(&mut self, request: ExportTraceServiceRequest) -> Answer {
        self.send_as(None, request)
    }

    /// Sends `request`; fails when a part of it was not taken.
    fn deliver(&mut self, request: ExportTraceServiceRequest) {
        assert_eq!(self.send(request), ALL_ACCEPTED);
    }
}

/// Sends over one gRPC connection.
pub struct GrpcSender {
    runtime: Runtime,
    client: TraceServiceClient<Channel>,
    authorization: Option<String>,
}

impl GrpcSender {
    /// Connects to the receiver at `url`.
    pub fn connect(url: &str) -> Self {
        Self::try_connect(url).expect("receiver listens")
    }

    /// As [`Self::connect`], but gives back why it does not connect.
    pub fn try_connect(url: &str) -> Result<Self, String> {
        Self::connect_to(Channel::from_shared(url.to_owned()).expect("URL"))
    }

    /// Connects to `endpoint`; gives back why it does not.
    pub fn connect_to(endpoint: Endpoint) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("runtime");
        let channel = runtime.block_on(endpoint.connect());
        let channel = channel.map_err(|error| format!("{error:?}"))?;
        Ok(Self {
            runtime,
            client: TraceServiceClient::new(channel),
            authorization: None,
        })
    }

    /// Shows `value` as `Authorization` from now on.
    pub fn with_authorization(mut self, value: &str) -> Self {
        self.authorization = Some(value.to_owned());
        self
    }
}

impl Sender for GrpcSender {
    fn send_as(&mut self, tenant: Option<&str>, request: ExportTraceServiceRequest) -> Answer {
        let mut request = tonic::Request::new(request);
        if let Some(tenant) = tenant {
            request
                .metadata_mut()
                .insert("x-scope-orgid", tenant.parse().expect("tenant fits metadata"));
        }
        if let Some(value) = &self.authorization {
            let value = value.parse().expect("value fits metadata");
            request.metadata_mut().insert("authorization", value);
        }
        match self.runtime.block_on(self.client.export(request)) {
            Ok(answer) => accepted(&answer.into_inner()),
            Err(status) if status.code() == tonic::Code::ResourceExhausted => {
                let retry_after = status.get_details_retry_info().and_then(|info| info.retry_delay);
                Answer::Overloaded { retry_after }
            }
            Err(status) => Answer::Refused(status.to_string()),
        }
    }
}

/// Sends over one HTTP connection.
pub struct HttpSender {
    client: Client,
    url: String,
    authorization: Option<String>,
}

impl HttpSender {
    /// Sends to the receiver at `url`.
    pub fn new(url: &str) -> Self {
        Self {
            client: Client::new(),
            url: format!("{url}/v1/traces"),
            authorization: None,
        }
    }

    /// Shows `value` as `Authorization` from now on.
    pub fn with_authorization(mut self, value: &str) -> Self {
        self.authorization = Some(value.to_owned());
        self
    }
}

impl Sender for HttpSender {
    fn send_as(&mut self, tenant: Option<&str>, request: ExportTraceServiceRequest) -> Answer {
        let mut post = self.client.post(&self.url).header(CONTENT_TYPE, PROTOBUF);
        if let Some(tenant) = tenant {
            post = post.header("X-Scope-OrgID", tenant);
        }
        if let Some(value) = &self.authorization {
            post = post.header(AUTHORIZATION, value);
        }
        let answer = post
            .body(request.encode_to_vec())
            .send()
            .expect("receiver answers");
        match answer.status().as_u16() {
            200 => accepted(&ExportTraceServiceResponse::decode(answer.bytes().unwrap()).expect("protobuf")),
            429 => Answer::Overloaded {
                retry_after: retry_after(&answer),
            },
            status => Answer::Refused(format!("{status}: {:?}", answer.text())),
        }
    }
}

fn retry_after(answer: &reqwest::blocking::Response) -> Option<Duration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.parse().ok().map(Duration::from_secs)
}

fn accepted(response: &ExportTraceServiceResponse) -> Answer {
    let rejected_spans = response
        .partial_success
        .as_ref()
        .map_or(0, |partial| partial.rejected_spans);
    Answer::Accepted { rejected_spans }
}
