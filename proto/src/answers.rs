//! What exporters are answered, as protobuf and as JSON: OTLP's export response and `google.rpc.Status`.

use std::time::Duration;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use serde_json::{Value, json};

const RETRY_INFO_URL: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// The longest delay that protobuf's `Duration` holds: 10000 years.
const LONGEST_DELAY: Duration = Duration::from_secs(315_576_000_000);

/// The answer to an export request that was taken, wholly or in part (`ExportTraceServiceResponse`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportAnswer {
    /// Spans that were not taken, and that the sender must not send again.
    pub rejected_spans: u64,
    /// Why; without rejected spans a warning.
    pub reason: Option<String>,
}

/// The answer to an export request that was refused whole (`google.rpc.Status`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusAnswer {
    /// A gRPC status code, also over HTTP.
    pub code: i32,
    /// Why, for the developer at the other end.
    pub message: String,
    /// When it makes sense to send the same again; sent along as `google.rpc.RetryInfo`.
    pub retry_after: Option<Duration>,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

impl ExportAnswer {
    /// The answer as an encoded `ExportTraceServiceResponse`; empty when all was taken.
    #[must_use]
    pub fn to_protobuf(&self) -> Bytes {
        let partial_success = self.is_partial().then(|| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(self.rejected_spans).unwrap_or(i64::MAX),
            error_message: self.reason.clone().unwrap_or_default(),
        });
        ExportTraceServiceResponse { partial_success }
            .encode_to_vec()
            .into()
    }

    /// The answer in OTLP's JSON; `{}` when all was taken.
    #[must_use]
    pub fn to_json(&self) -> String {
        if !self.is_partial() {
            return "{}".to_owned();
        }
        let mut partial_success = serde_json::Map::new();
        if self.rejected_spans > 0 {
            partial_success.insert("rejectedSpans".to_owned(), self.rejected_spans.to_string().into());
        }
        if let Some(reason) = &self.reason {
            partial_success.insert("errorMessage".to_owned(), reason.as_str().into());
        }
        json!({ "partialSuccess": partial_success }).to_string()
    }

    fn is_partial(&self) -> bool {
        self.rejected_spans > 0 || self.reason.is_some()
    }
}

impl StatusAnswer {
    /// The answer as an encoded `google.rpc.Status`: the body over HTTP, `grpc-status-details-bin` over gRPC.
    #[must_use]
    pub fn to_protobuf(&self) -> Bytes {
        let details = self.retry_after.map(|delay| prost_types::Any {
            type_url: RETRY_INFO_URL.to_owned(),
            value: RetryInfo {
                retry_delay: Some(protobuf_duration(delay)),
            }
            .encode_to_vec(),
        });
        let (code, message) = (self.code, self.message.clone());
        Status {
            code,
            message,
            details: details.into_iter().collect(),
        }
        .encode_to_vec()
        .into()
    }

    /// The answer in protobuf's JSON mapping.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut status = json!({ "code": self.code, "message": self.message });
        if let (Some(delay), Value::Object(fields)) = (self.retry_after, &mut status) {
            let delay = protobuf_duration(delay).to_string();
            fields.insert(
                "details".to_owned(),
                json!([{ "@type": RETRY_INFO_URL, "retryDelay": delay }]),
            );
        }
        status.to_string()
    }
}

fn protobuf_duration(delay: Duration) -> prost_types::Duration {
    prost_types::Duration::try_from(delay.min(LONGEST_DELAY)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(retry_after: Option<Duration>) -> StatusAnswer {
        StatusAnswer {
            code: 8,
            message: "mailbox \"ingest\" is full".to_owned(),
            retry_after,
        }
    }

    #[test]
    fn all_taken_is_the_empty_message() {
        assert_eq!(ExportAnswer::default().to_json(), "{}");
        assert!(ExportAnswer::default().to_protobuf().is_empty());
    }

    #[test]
    fn rejected_spans_are_told_with_the_reason() {
        let answer = ExportAnswer {
            rejected_spans: 3,
            reason: Some("invalid trace id".to_owned()),
        };
        let json: Value = serde_json::from_str(&answer.to_json()).unwrap();
        let expected =
            json!({ "partialSuccess": { "rejectedSpans": "3", "errorMessage": "invalid trace id" } });
        assert_eq!(json, expected);
        let partial = ExportTraceServiceResponse::decode(answer.to_protobuf())
            .unwrap()
            .partial_success
            .unwrap();
        assert_eq!(
            (partial.rejected_spans, partial.error_message.as_str()),
            (3, "invalid trace id")
        );
    }

    #[test]
    fn a_reason_without_rejected_spans_is_a_warning() {
        let answer = ExportAnswer {
            rejected_spans: 0,
            reason: Some("slow down".to_owned()),
        };
        assert_eq!(
            answer.to_json(),
            r#"{"partialSuccess":{"errorMessage":"slow down"}}"#
        );
        assert!(
            ExportTraceServiceResponse::decode(answer.to_protobuf())
                .unwrap()
                .partial_success
                .is_some()
        );
    }

    #[test]
    fn a_count_beyond_the_signed_range_is_capped() {
        let answer = ExportAnswer {
            rejected_spans: u64::MAX,
            reason: None,
        };
        let partial = ExportTraceServiceResponse::decode(answer.to_protobuf())
            .unwrap()
            .partial_success
            .unwrap();
        assert_eq!(partial.rejected_spans, i64::MAX);
    }

    #[test]
    fn a_refusal_has_code_and_message() {
        assert_eq!(
            refused(None).to_json(),
            r#"{"code":8,"message":"mailbox \"ingest\" is full"}"#
        );
        let status = Status::decode(refused(None).to_protobuf()).unwrap();
        assert_eq!(
            (status.code, status.message.as_str()),
            (8, "mailbox \"ingest\" is full")
        );
        assert!(status.details.is_empty());
    }

    #[test]
    fn a_delay_goes_along_as_retry_info() {
        let answer = refused(Some(Duration::from_millis(1_500)));
        let json: Value = serde_json::from_str(&answer.to_json()).unwrap();
        assert_eq!(
            json["details"],
            json!([{ "@type": RETRY_INFO_URL, "retryDelay": "1.500s" }])
        );
        let status = Status::decode(answer.to_protobuf()).unwrap();
        assert_eq!(status.details[0].type_url, RETRY_INFO_URL);
        let info = RetryInfo::decode(status.details[0].value.as_slice()).unwrap();
        assert_eq!(
            info.retry_delay,
            Some(prost_types::Duration {
                seconds: 1,
                nanos: 500_000_000
            })
        );
    }

    #[test]
    fn the_wire_bytes_of_a_refusal_are_those_of_the_published_schema() {
        let answer = StatusAnswer {
            code: 14,
            message: "x".to_owned(),
            retry_after: Some(Duration::from_secs(5)),
        };
        let mut expected = vec![0x08, 14, 0x12, 1, b'x', 0x1a, 48, 0x0a, 40];
        expected.extend_from_slice(RETRY_INFO_URL.as_bytes());
        expected.extend_from_slice(&[0x12, 4, 0x0a, 2, 0x08, 5]);
        assert_eq!(answer.to_protobuf(), expected);
    }

    #[test]
    fn a_delay_that_protobuf_cannot_hold_is_the_longest_one() {
        let answer = refused(Some(Duration::MAX));
        assert!(answer.to_json().contains("\"315576000000s\""));
    }
}
