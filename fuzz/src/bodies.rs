//! Bodies of requests as they come: compressed, and framed as gRPC does it.

use std::io::Read;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use spangraph::receivers::answers::Rejection;
use spangraph::receivers::body_buffer::AdmittedBody;
use spangraph::receivers::decompression::{Encoding, decompress};
use spangraph::receivers::grpc::message::{MessageLimits, read_message};
use spangraph_actors::admission::Gate;
use spangraph_config::AdmissionSettings;
use tokio::runtime::{Builder, Runtime};

/// The most bytes of a body, before and after decompression.
const MAX_BYTES: usize = 4 * 1024 * 1024;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    match Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => unreachable!("no runtime: {error}"),
    }
});

/// A compressed body: the first byte chooses how. What is taken is what the encoding's own library gives.
///
/// # Panics
/// When more is given out than allowed, something else than the library gives, or room is not given back.
pub fn compressed_body(input: &[u8]) {
    let Some((encoding, body)) = encoding_of(input) else {
        return;
    };
    let gate = gate();
    let Ok(room) = gate.admit(body.len()) else {
        return;
    };
    let admitted = AdmittedBody {
        bytes: Bytes::copy_from_slice(body),
        room,
    };
    if let Ok(plain) = RUNTIME.block_on(decompress(admitted, encoding, MAX_BYTES)) {
        assert!(plain.bytes.len() <= MAX_BYTES.max(body.len()));
        assert!(
            gate.level().bytes >= plain.bytes.len() / 2,
            "the room of what is held is not held"
        );
        assert_eq!(Some(&plain.bytes[..]), reference(encoding, body).as_deref());
    }
    assert_eq!(gate.level().bytes, 0, "room was not given back");
}

/// The body of a unary gRPC request: the first byte chooses what the headers say of compression.
///
/// # Panics
/// When more is given out than allowed, or room is not given back.
pub fn grpc_message(input: &[u8]) {
    let Some((encoding, body)) = encoding_of(input) else {
        return;
    };
    let gate = gate();
    let Ok(room) = gate.admit(0) else {
        return;
    };
    let limits = MessageLimits {
        max_bytes: MAX_BYTES,
        timeout: Duration::from_secs(60),
    };
    let body = Full::new(Bytes::copy_from_slice(body));
    let charge = |certain: usize| Ok(certain);
    let plain = async {
        let (message, certain) = read_message(body, encoding, limits, room, charge).await?;
        let plain = decompress(message.body, message.encoding, MAX_BYTES).await?;
        Ok::<_, Rejection>((plain, certain))
    };
    if let Ok((plain, certain)) = RUNTIME.block_on(plain) {
        assert!((certain..=MAX_BYTES).contains(&plain.bytes.len()));
    }
    assert_eq!(gate.level().bytes, 0, "room was not given back");
}

fn encoding_of(input: &[u8]) -> Option<(Encoding, &[u8])> {
    let (choice, body) = input.split_first()?;
    let encodings = [Encoding::Identity, Encoding::Gzip, Encoding::Zstd];
    let encoding = encodings.get(usize::from(*choice) % encodings.len())?;
    Some((*encoding, body))
}

fn gate() -> Arc<Gate> {
    Gate::new(AdmissionSettings {
        max_spans: usize::MAX,
        max_bytes: 8 * MAX_BYTES,
        max_tenants: 1,
    })
}

/// What the encoding's own library makes of `body`.
fn reference(encoding: Encoding, body: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    match encoding {
        Encoding::Identity => plain.extend_from_slice(body),
        Encoding::Gzip => {
            let mut decoder = flate2::read::MultiGzDecoder::new(body);
            decoder.read_to_end(&mut plain).ok()?;
        }
        Encoding::Zstd => {
            zstd::stream::copy_decode(body, &mut plain).ok()?;
        }
    }
    Some(plain)
}
