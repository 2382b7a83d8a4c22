//! Makes of a request in the span log what a receiver made of it as it came.

use std::sync::Arc;

use bytes::Bytes;
use spangraph_actors::admission::{ExportRequest, Gate};
use spangraph_actors::pipeline::{LoggedRequest, Unpack, Unreadable};
use spangraph_config::{AdmissionSettings, TenantId};
use spangraph_proto::otlp_json;

use super::answers::Rejection;
use super::body_buffer::AdmittedBody;
use super::decompression::decompress_here;
use super::packing::Packing;

/// Makes requests of logged ones, which were let in once and are let in whatever the bounds are now.
#[must_use]
pub fn unpacking() -> Unpack {
    let gate = Gate::new(AdmissionSettings {
        max_spans: usize::MAX,
        max_bytes: usize::MAX,
        max_tenants: usize::MAX,
    });
    Arc::new(move |logged| {
        let position = logged.position;
        request(logged, &gate).map_err(|reason| Unreadable { position, reason })
    })
}

fn request(logged: LoggedRequest, gate: &Arc<Gate>) -> Result<ExportRequest, String> {
    let tenant = TenantId::parse(&logged.tenant).map_err(|error| error.to_string())?;
    let packing = Packing::numbered(logged.encoding);
    let packing = packing.ok_or_else(|| format!("its packing {} is of a later version", logged.encoding))?;
    let body = Bytes::from(logged.body);
    let spans = unpack(body, packing, gate).map_err(|error| error.to_string())?;
    Ok(ExportRequest {
        tenant,
        spans,
        without_metrics: false,
        as_received: None,
    })
}

fn unpack(bytes: Bytes, packing: Packing, gate: &Arc<Gate>) -> Result<Bytes, Rejection> {
    let room = gate.admit(bytes.len())?;
    let body = AdmittedBody { bytes, room };
    let AdmittedBody { bytes, .. } = decompress_here(body, packing.encoding, usize::MAX)?;
    if !packing.is_json {
        return Ok(bytes);
    }
    let transcoded = otlp_json::to_protobuf(&bytes);
    let transcoded = transcoded.map_err(|error| Rejection::BadTransfer(error.to_string()))?;
    Ok(transcoded.protobuf)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::receivers::decompression::Encoding;

    fn logged(packing: u32, body: &[u8]) -> LoggedRequest {
        LoggedRequest {
            position: 7,
            tenant: "a".to_owned(),
            stamp_unix_milliseconds: 0,
            encoding: packing,
            body: body.to_vec(),
        }
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn requests_come_out_as_they_went_in_however_they_were_packed() {
        let unpack = unpacking();
        let plain = logged(Packing::PLAIN.number(), b"spans");
        assert_eq!(unpack(plain).unwrap().spans, "spans");
        let packing = Packing {
            encoding: Encoding::Gzip,
            is_json: true,
        };
        let json = br#"{"resourceSpans": [{"schemaUrl": "here"}]}"#;
        let request = unpack(logged(packing.number(), &gzip(json))).unwrap();
        assert_eq!(request.tenant.as_str(), "a");
        assert_eq!(request.spans, otlp_json::to_protobuf(json).unwrap().protobuf);
    }

    #[test]
    fn one_that_cannot_be_made_out_says_which_and_why() {
        let unpack = unpacking();
        let later = unpack(logged(77, b"spans")).unwrap_err().to_string();
        let expected = "request 7 of the span log cannot be made out: its packing 77 is of a later version";
        assert_eq!(later, expected);
        let corrupt = unpack(logged(1, b"no gzip")).unwrap_err();
        assert!(corrupt.reason.contains("not valid gzip"), "{corrupt}");
    }
}
