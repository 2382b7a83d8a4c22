//! How a body is packed, and what that says of the bytes that its tenant is charged for.

use super::decompression::Encoding;

/// JSON is decompressed as far as so many times its protobuf. What serializers write is shorter: an attribute with a bool,
/// 11 bytes of protobuf, is 38 bytes of JSON.
const JSON_TIMES: usize = 16;

/// The bit of a packing's number that says that it is JSON; those below number the encoding.
const JSON_BIT: u32 = 1 << 8;

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// How it is compressed.
    pub encoding: Encoding,
    /// It is JSON; its tenant is charged for the protobuf that it becomes.
    pub is_json: bool,
}

impl Packing {
    /// Protobuf that is not compressed.
    pub const PLAIN: Self = Self {
        encoding: Encoding::Identity,
        is_json: false,
    };

    /// The number by which the span log knows it. It outlives the process, so it never changes.
    pub fn number(self) -> u32 {
        let encoding = match self.encoding {
            Encoding::Identity => 0,
            Encoding::Gzip => 1,
            Encoding::Zstd => 2,
        };
        if self.is_json {
            encoding | JSON_BIT
        } else {
            encoding
        }
    }

    /// The packing with this number; none when a later version wrote it.
    pub fn numbered(number: u32) -> Option<Self> {
        let encoding = match number & !JSON_BIT {
            0 => Encoding::Identity,
            1 => Encoding::Gzip,
            2 => Encoding::Zstd,
            _ => return None,
        };
        let is_json = number & JSON_BIT != 0;
        Some(Self { encoding, is_json })
    }

    /// How many bytes a body of `bytes` bytes is charged for at the least. What JSON becomes, its bytes do not say.
    pub fn certain_bytes(self, bytes: usize) -> usize {
        if self.is_json {
            0
        } else {
            self.encoding.certain_bytes(bytes)
        }
    }

    /// How many plain bytes a body has at the most that is charged for at most `charged` bytes.
    pub fn most_bytes(self, charged: usize) -> usize {
        if self.is_json {
            charged.saturating_mul(JSON_TIMES)
        } else {
            charged
        }
    }

    /// How many bytes such a body may arrive as: what cannot be compressed becomes a little longer by it.
    pub fn most_arriving(self, charged: usize) -> usize {
        let plain = self.most_bytes(charged);
        match self.encoding {
            Encoding::Identity => plain,
            _ => plain.saturating_add(plain / 64).saturating_add(1_024),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use spangraph_actors::admission::TraceSink as _;
    use spangraph_config::TenantId;
    use spangraph_serving::receiver_metrics::ReceiverMetrics;

    use super::*;
    use crate::receivers::answers::Rejection;
    use crate::receivers::body_buffer::AdmittedBody;
    use crate::receivers::intake::Intake;
    use crate::receivers::recording_sink::{RecordingSink, larger_than};

    const BURST: usize = 10_000;
    const LIMIT: usize = 1_000_000;

    fn packed(plain: &[u8], encoding: Encoding) -> Bytes {
        match encoding {
            Encoding::Identity => plain.to_vec().into(),
            Encoding::Zstd => zstd::encode_all(plain, 1).unwrap().into(),
            Encoding::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(plain).unwrap();
                encoder.finish().unwrap().into()
            }
        }
    }

    /// How many bytes come of a body of `bytes` plain bytes, of a tenant that may send [`BURST`] at once.
    async fn unpacked(bytes: usize, packing: Packing) -> Result<usize, Rejection> {
        let sink = RecordingSink::bursting(BURST);
        let charge = sink.charge(&TenantId::single(), 1).unwrap();
        let room = sink.admit().unwrap();
        let body = AdmittedBody {
            bytes: packed(&vec![0; bytes], packing.encoding),
            room,
        };
        let intake = Intake::new(sink, true, ReceiverMetrics::default());
        let (plain, _) = intake.unpack(body, packing, LIMIT, charge).await?;
        Ok(plain.bytes.len())
    }

    #[test]
    fn packings_are_known_by_their_numbers() {
        let numbers = [0, 1, 2, 256, 257, 258];
        for number in numbers {
            assert_eq!(Packing::numbered(number).map(Packing::number), Some(number));
        }
        assert_eq!(Packing::numbered(0), Some(Packing::PLAIN));
        assert_eq!(Packing::numbered(3), None);
        assert_eq!(Packing::numbered(512), None);
    }

    #[tokio::test]
    async fn no_more_is_decompressed_than_the_tenant_may_ever_send_at_once() {
        for encoding in [Encoding::Gzip, Encoding::Zstd] {
            for (is_json, most) in [(false, BURST), (true, BURST * JSON_TIMES)] {
                let packing = Packing { encoding, is_json };
                assert_eq!(unpacked(most, packing).await.unwrap(), most, "{packing:?}");
                for more in [most + 1, 2 * LIMIT] {
                    let refused = unpacked(more, packing).await.unwrap_err();
                    assert!(
                        matches!(&refused, Rejection::Refused(refusal) if *refusal == larger_than(BURST)),
                        "{packing:?}: {refused:?}"
                    );
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_not_compressed_is_left_to_the_charge_for_all_of_it() {
        let packing = Packing {
            encoding: Encoding::Identity,
            is_json: false,
        };
        assert_eq!(unpacked(BURST + 1, packing).await.unwrap(), BURST + 1);
    }
}
