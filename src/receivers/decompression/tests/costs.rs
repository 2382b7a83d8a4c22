//! No body costs much more to decompress than an ordinary one of as many bytes, whatever it is made of.

use rustix::time::{ClockId, clock_gettime};

use super::*;

/// How many times an ordinary body of as many bytes, packed or unpacked, a bomb may cost: some 50 ns a byte, which is what
/// spans of the fewest bytes cost once they are unpacked. DEFLATE lets a block of a dozen bytes have codes of its own.
const TIMES: u32 = 64;

/// The environment variable that says how many bytes the bodies are to have, in place of few that are quickly read.
const BYTES: &str = "WORK_BOUNDS_BYTES";

/// A frame of Zstandard that has a window of 8 MiB, without its blocks.
const FRAME: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3];

/// How many bytes a body has, packed or unpacked.
fn bytes() -> usize {
    std::env::var(BYTES).map_or(1 << 20, |bytes| bytes.parse().unwrap())
}

/// A DEFLATE stream (RFC 1951) that is written bit by bit.
#[derive(Default)]
struct Deflated {
    bytes: Vec<u8>,
    waiting: u64,
    bits: u32,
}

impl Deflated {
    fn put(&mut self, bits: u32, value: u64) {
        self.waiting |= value << self.bits;
        self.bits += bits;
        while self.bits >= 8 {
            self.bytes.push((self.waiting & 0xff) as u8);
            self.waiting >>= 8;
            self.bits -= 8;
        }
    }

    /// A block of that type, without its content.
    fn begin(&mut self, is_last: bool, block_type: u64) {
        self.put(1, is_last.into());
        self.put(2, block_type);
    }

    fn align(&mut self) {
        self.put((8 - self.bits) % 8, 0);
    }

    fn stored(&mut self, is_last: bool) {
        self.begin(is_last, 0);
        self.align();
        self.put(16, 0);
        self.put(16, 0xffff);
    }

    fn with_fixed_codes(&mut self, is_last: bool) {
        self.begin(is_last, 1);
        self.put(7, 0);
    }

    /// A block with codes of its own, which are for the byte 255 and the end, and with so many bytes.
    fn with_own_codes(&mut self, is_last: bool, content: u32) {
        self.begin(is_last, 2);
        for (bits, value) in [(5, 0), (5, 0), (4, 14)] {
            self.put(bits, value);
        }
        // The lengths of the codes for lengths: only 18 (a run of zeros) and 1 have any.
        (0..18).for_each(|place| self.put(3, u64::from(place == 2 || place == 17)));
        for run in [138, 117] {
            self.put(1, 1);
            self.put(7, run - 11);
        }
        self.put(3, 0);
        (0..content).for_each(|_| self.put(1, 0));
        self.put(1, 1);
    }

    /// A gzip member whose trailer tells of `content` bytes 255.
    fn into_member(mut self, content: u32) -> Vec<u8> {
        self.align();
        let mut sum = flate2::Crc::new();
        sum.update(&vec![255; content as usize]);
        let trailer = [sum.sum().to_le_bytes(), content.to_le_bytes()].concat();
        [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], &self.bytes[..], &trailer].concat()
    }
}

/// One member of such blocks, of which each has so many bytes.
fn member_of(content: u32, block: impl Fn(&mut Deflated, bool)) -> Vec<u8> {
    let (mut deflated, mut blocks) = (Deflated::default(), 1);
    while deflated.bytes.len() < bytes() {
        block(&mut deflated, false);
        blocks += 1;
    }
    block(&mut deflated, true);
    deflated.into_member(blocks * content)
}

fn frame_of(block: &[u8]) -> Vec<u8> {
    [&FRAME, &block.repeat(bytes() / block.len())[..], &[1, 0, 0]].concat()
}

fn many(part: &[u8]) -> Vec<u8> {
    part.repeat(bytes() / part.len())
}

/// What a body is made of, how it is packed, and the body.
type Bomb = (&'static str, Encoding, Vec<u8>);

fn bombs() -> Vec<Bomb> {
    let gzip = members().into_iter().chain(blocks());
    let gzip = gzip.map(|(what, body)| (what, Encoding::Gzip, body));
    let zstd = frames().map(|(what, body)| (what, Encoding::Zstd, body));
    gzip.chain(zstd).collect()
}

/// Bodies of gzip that have many members, or much behind one.
fn members() -> [(&'static str, Vec<u8>); 5] {
    let zeros = || vec![0; bytes()];
    let same = vec![b'x'; bytes()];
    [
        ("empty members", many(&gzip(b""))),
        ("members of one byte", many(&gzip(b"x"))),
        ("zeros behind a member", [gzip(b"x"), zeros()].concat()),
        ("an empty member and zeros", [gzip(b""), zeros()].concat()),
        ("one byte again and again", gzip(&same)),
    ]
}

/// Bodies of gzip that have many blocks of DEFLATE.
fn blocks() -> [(&'static str, Vec<u8>); 5] {
    let own_codes = |content| member_of(content, |deflated, last| deflated.with_own_codes(last, content));
    let fixed_codes = member_of(0, Deflated::with_fixed_codes);
    let another_member = [own_codes(8), gzip(b"x")].concat();
    [
        ("empty blocks that are stored", member_of(0, Deflated::stored)),
        ("empty blocks with the fixed codes", fixed_codes),
        ("empty blocks with codes of their own", own_codes(0)),
        ("short blocks with codes of their own", own_codes(8)),
        ("short blocks and another member", another_member),
    ]
}

fn frames() -> [(&'static str, Vec<u8>); 6] {
    let empty = [&FRAME[..], &[1, 0, 0]].concat();
    let of_one = [&FRAME[..], &[1 | 1 << 3, 0, 0, b'x']].concat();
    let to_skip = [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0];
    let same = vec![b'x'; bytes()];
    let one_byte = [1 << 1 | 1 << 3, 0, 0, b'x'];
    [
        ("empty frames", many(&empty)),
        ("frames of one byte", many(&of_one)),
        ("frames to skip", many(&to_skip)),
        ("empty blocks", frame_of(&[0, 0, 0])),
        ("blocks of one byte again and again", frame_of(&one_byte)),
        ("one byte again and again", zstandard(&same)),
    ]
}

/// Texts as spans have them.
fn ordinary() -> Vec<u8> {
    let span = |number: u32| {
        let id = number.wrapping_mul(2_654_435_761);
        format!(
            "{id:08x}{number:08x} GET /route-{} service-{} https 10.1.2.{}",
            number % 40,
            number % 20,
            id % 200
        )
    };
    (0..u32::MAX)
        .flat_map(|number| span(number).into_bytes())
        .take(bytes())
        .collect()
}

/// The least CPU time of several runs, unless the first is fine.
fn cost(encoding: Encoding, body: &[u8], fine: Duration) -> Duration {
    let clock = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let mut least = Duration::MAX;
    for _ in 0..4 {
        let before = clock();
        drop(inflate(body, encoding, 2 * bytes()));
        least = least.min(clock() - before);
        if least <= fine {
            break;
        }
    }
    least
}

#[test]
fn no_body_costs_more_than_a_few_ordinary_ones_of_as_many_bytes() {
    let plain = ordinary();
    let usual = [
        (Encoding::Gzip, gzip(&plain)),
        (Encoding::Zstd, zstandard(&plain)),
    ]
    .map(|(encoding, body)| (encoding, cost(encoding, &body, Duration::ZERO)));
    let (mut all, mut dear) = (Vec::new(), Vec::new());
    for (name, encoding, body) in bombs() {
        let usual = usual
            .iter()
            .find_map(|(of, cost)| (*of == encoding).then_some(*cost))
            .unwrap();
        let took = cost(encoding, &body, usual * TIMES);
        let times = took.as_secs_f64() / usual.as_secs_f64();
        let line = format!("{times:>6.2} times the time, {took:>10.3?}: {encoding:?}, {name}");
        if took > usual * TIMES {
            dear.push(line.clone());
        }
        all.push(line);
    }
    if std::env::var_os(BYTES).is_some() {
        println!("ordinary: {usual:?}\n{}", all.join("\n"));
    }
    assert!(dear.is_empty(), "ordinary: {usual:?}\n{}", dear.join("\n"));
}
