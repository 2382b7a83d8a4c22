//! Bodies that are compressed: whole, cut, foreign, and bombs.

mod costs;

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use spangraph_actors::admission::Gate;
use spangraph_config::AdmissionSettings;

use super::*;
use crate::receivers::recording_sink::wide_gate;

/// As the function itself, through a gate that is never full.
fn inflate(body: &[u8], encoding: Encoding, limit: usize) -> Result<Bytes, Rejection> {
    super::inflate(body, encoding, limit, &mut wide_gate().admit(body.len())?)
}

fn admitted(bytes: Vec<u8>) -> AdmittedBody {
    let room = wide_gate().admit(bytes.len()).unwrap();
    AdmittedBody {
        bytes: bytes.into(),
        room,
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn is_corrupted(outcome: Result<Bytes, Rejection>) -> bool {
    matches!(outcome, Err(Rejection::Corrupted { .. }))
}

#[test]
fn names_of_encodings_ignore_case() {
    for (name, encoding) in [
        ("", Encoding::Identity),
        ("identity", Encoding::Identity),
        ("GZIP", Encoding::Gzip),
        ("x-gzip", Encoding::Gzip),
        ("zstd", Encoding::Zstd),
    ] {
        assert_eq!(Encoding::parse(name.as_bytes()).unwrap(), encoding);
    }
    for unknown in ["br", "deflate", "gzip, zstd", "\u{fffd}"] {
        let rejection = Encoding::parse(unknown.as_bytes()).unwrap_err();
        assert!(
            rejection.to_string().contains("gzip, zstd or identity"),
            "{rejection}"
        );
    }
}

#[test]
fn all_members_and_frames_are_read() {
    let members = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(inflate(&members, Encoding::Gzip, 100).unwrap(), &b"one two"[..]);
    let frames = [zstandard(b"one "), zstandard(b"two")].concat();
    assert_eq!(inflate(&frames, Encoding::Zstd, 100).unwrap(), &b"one two"[..]);
}

#[test]
fn members_of_the_same_bytes_are_all_read() {
    let member = gzip(b"the same");
    let members = [&member[..], &member[..]].concat();
    assert_eq!(
        inflate(&members, Encoding::Gzip, 100).unwrap(),
        &b"the samethe same"[..]
    );
}

#[test]
fn a_member_that_holds_the_start_of_one_is_read_whole() {
    let plain = gzip(b"a body in a body");
    let stored = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(&plain).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(inflate(&stored, Encoding::Gzip, 1000).unwrap(), &plain[..]);
}

#[test]
fn a_trailer_that_tells_another_length_is_corrupted() {
    let body = b"some bytes that are worth compressing, compressing, compressing";
    for other in [0, body.len() - 1, body.len() + 1, 900] {
        let mut wrong = gzip(body);
        let trailer = wrong.len() - 4;
        wrong.truncate(trailer);
        wrong.extend(u32::try_from(other).unwrap().to_le_bytes());
        assert!(is_corrupted(inflate(&wrong, Encoding::Gzip, 1000)), "{other}");
    }
}

#[test]
fn cut_and_foreign_bytes_are_corrupted() {
    let body = b"some bytes that are worth compressing, compressing, compressing";
    for (encoding, whole) in [(Encoding::Gzip, gzip(body)), (Encoding::Zstd, zstandard(body))] {
        assert!(
            is_corrupted(inflate(&whole[..whole.len() - 3], encoding, 1000)),
            "{encoding:?}, cut"
        );
        assert!(
            is_corrupted(inflate(b"no such thing at all", encoding, 1000)),
            "{encoding:?}, foreign"
        );
        let followed = [&whole[..], b"junk"].concat();
        assert!(
            is_corrupted(inflate(&followed, encoding, 1000)),
            "{encoding:?}, followed by junk"
        );
    }
}

#[test]
fn zeros_behind_an_empty_member_are_corrupted() {
    let followed = [gzip(b""), vec![0; 100]].concat();
    assert!(is_corrupted(inflate(&followed, Encoding::Gzip, 1000)));
    assert_eq!(inflate(&gzip(b""), Encoding::Gzip, 1000).unwrap(), Bytes::new());
}

#[test]
fn a_window_beyond_8_mib_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.write_all(&[1; 1000]).unwrap();
    encoder.flush().unwrap();
    encoder.write_all(&[2; 1000]).unwrap();
    assert!(is_corrupted(inflate(
        &encoder.finish().unwrap(),
        Encoding::Zstd,
        64 << 20
    )));
}

/// What is empty in gzip and in Zstandard, the latter also as a frame that is to be skipped.
fn empty_members() -> [(Encoding, Vec<u8>); 3] {
    [
        (Encoding::Gzip, gzip(b"")),
        (Encoding::Zstd, zstandard(b"")),
        (Encoding::Zstd, vec![0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]),
    ]
}

#[test]
fn empty_members_and_skipped_frames_add_nothing() {
    for (encoding, empty) in empty_members() {
        let some = match encoding {
            Encoding::Gzip => gzip(b"some"),
            _ => zstandard(b"some"),
        };
        let body = [&empty.repeat(100)[..], &some, &empty.repeat(100)[..]].concat();
        let plain = inflate(&body, encoding, 4).unwrap();
        assert_eq!(plain, &b"some"[..], "{encoding:?} {empty:?}");
    }
}

/// Endless zeros; counts how many were taken.
struct Endless<'a>(&'a mut usize);

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        *self.0 += buffer.len();
        buffer.fill(0);
        Ok(buffer.len())
    }
}

#[test]
fn no_more_than_the_limit_and_one_byte_is_ever_decompressed() {
    for likely in [0, 1, 999, 1000, usize::MAX] {
        let mut taken = 0;
        let mut held = wide_gate().admit(0).unwrap();
        let mut room = GrowingRoom {
            held: &mut held,
            taken: 0,
        };
        let outcome = read_up_to(Endless(&mut taken), likely, 1000, &mut room);
        assert!(matches!(outcome, Err(Stop::LimitReached)));
        assert_eq!(taken, 1001, "{likely}");
    }
}

#[tokio::test]
async fn bombs_are_refused_fast_and_at_the_limit() {
    let zeros = vec![0; 100 << 20];
    for (encoding, bomb) in [
        (Encoding::Gzip, gzip(&zeros)),
        (Encoding::Zstd, zstandard(&zeros)),
    ] {
        let began = Instant::now();
        let outcome = decompress(admitted(bomb), encoding, 1 << 20).await;
        assert!(
            matches!(outcome, Err(Rejection::TooLarge { limit: 1_048_576 })),
            "{outcome:?}"
        );
        assert!(began.elapsed() < Duration::from_secs(2), "{encoding:?}");
    }
}

#[tokio::test]
async fn big_bodies_come_back_whole() {
    let body: Vec<u8> = (0..3_000_000_u32)
        .flat_map(|number| (number / 7).to_le_bytes())
        .collect();
    let members = body.chunks(700_001).flat_map(gzip).collect();
    for (encoding, compressed) in [
        (Encoding::Gzip, gzip(&body)),
        (Encoding::Gzip, members),
        (Encoding::Zstd, zstandard(&body)),
    ] {
        let plain = decompress(admitted(compressed), encoding, body.len())
            .await
            .unwrap();
        assert!(plain.bytes == body, "{encoding:?}");
    }
}

#[tokio::test]
async fn plain_bytes_hold_their_room_and_none_is_held_where_there_is_none() {
    let plain = vec![7; 50_000];
    let gate = Gate::new(AdmissionSettings {
        max_spans: 1,
        max_bytes: 200_000,
        max_tenants: 100,
    });
    let body = |bytes: Vec<u8>| AdmittedBody {
        room: gate.admit(bytes.len()).unwrap(),
        bytes: bytes.into(),
    };
    let first = decompress(body(gzip(&plain)), Encoding::Gzip, 1 << 20)
        .await
        .unwrap();
    assert_eq!(gate.level().bytes, plain.len());
    let refused = decompress(body(gzip(&vec![7; 190_000])), Encoding::Gzip, 1 << 20).await;
    assert!(
        matches!(refused, Err(Rejection::Refused(Refusal::Overloaded { .. }))),
        "{refused:?}"
    );
    assert_eq!(gate.level().bytes, plain.len());
    drop(first);
    assert_eq!(gate.level().bytes, 0);
}

proptest! {
    #[test]
    fn bodies_pass_exactly_up_to_the_limit(body in prop::collection::vec(0_u8..4, 0..5000), spare in 0_usize..3) {
        for (encoding, compressed) in [(Encoding::Gzip, gzip(&body)), (Encoding::Zstd, zstandard(&body))] {
            prop_assert_eq!(&inflate(&compressed, encoding, body.len() + spare).unwrap()[..], &body[..]);
            if let Some(limit) = body.len().checked_sub(spare + 1) {
                let outcome = inflate(&compressed, encoding, limit);
                let is_too_large = matches!(outcome, Err(Rejection::TooLarge { .. }));
                prop_assert!(is_too_large);
            }
        }
    }
}
