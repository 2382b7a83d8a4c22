//! Holds what requests cost against an ordinary one of as many bytes.

use std::time::Duration;

use super::cores::{Cost, cost};

/// How many times an ordinary request of as many bytes a bomb may cost, or one of the shortest spans when that costs more:
/// each span and each series has a price, and some bombs are made of nothing else.
const TIMES: u32 = 8;

/// How many bytes a byte of a request may take at one time…
const PEAK_BYTES: usize = 8;
/// … and what the series take that a tenant may have, however short the request is.
const SERIES_BYTES: usize = 4 << 20;

/// The most that four times the bytes may cost, in place of four times as much: 16 times would be quadratic.
const GROWTH: u32 = 9;

/// The environment variable that says how many bytes the requests are to have, in place of few that are quickly taken.
const BYTES: &str = "WORK_BOUNDS_BYTES";

/// Requests that are no bombs, and what takes them.
pub struct Usual {
    pub take: fn(&[u8]),
    /// Calls as SDKs send them, of about so many bytes.
    pub ordinary: fn(usize) -> Vec<u8>,
    /// The spans with the fewest bytes that SDKs send.
    pub shortest_spans: fn(usize) -> Vec<u8>,
}

/// What was measured so far.
pub struct Table {
    bytes: usize,
    take: fn(&[u8]),
    ordinary: Cost,
    shortest_spans: Cost,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    bytes: usize,
    whole: Cost,
    is_dear: bool,
}

impl Table {
    /// Measures requests of so many bytes beside usual ones, or of as many as were asked for.
    pub fn new(bytes: usize, usual: Usual) -> Self {
        let asked_for = std::env::var(BYTES).map(|bytes| bytes.parse().expect("a number of bytes"));
        Self::of_bytes(asked_for.unwrap_or(bytes), usual)
    }

    /// Measures requests of so many bytes.
    pub fn of_bytes(bytes: usize, usual: Usual) -> Self {
        let cost_of = |request: Vec<u8>| {
            let right_size = bytes / 2..=bytes + bytes / 4;
            assert!(right_size.contains(&request.len()), "{} bytes", request.len());
            cost(usual.take, &request, |_| false)
        };
        Self {
            bytes,
            take: usual.take,
            ordinary: cost_of((usual.ordinary)(bytes)),
            shortest_spans: cost_of((usual.shortest_spans)(bytes)),
            rows: Vec::new(),
        }
    }

    /// Measures what `bomb` costs at full size; when that is more than usual, at a fourth of it too.
    pub fn measure(&mut self, name: &str, bomb: impl Fn(usize) -> Vec<u8>) {
        let request = bomb(self.bytes);
        let bytes = request.len();
        let right_size = self.bytes / 4..=self.bytes + self.bytes / 4;
        assert!(right_size.contains(&bytes), "{name} has {bytes} bytes");
        let whole = cost(self.take, &request, |whole| !self.is_dear(whole));
        let is_unusual = whole.processor > self.usual();
        let is_dear = self.is_dear(whole) || is_unusual && self.grows(&request, &bomb(self.bytes / 4));
        self.rows.push(Row {
            name: name.to_owned(),
            bytes,
            whole,
            is_dear,
        });
    }

    /// The names of what was too dear.
    pub fn dear(&self) -> Vec<&str> {
        let dear = self.rows.iter().filter(|row| row.is_dear);
        dear.map(|row| row.name.as_str()).collect()
    }

    /// Fails when one was too dear. Prints all of them, the dearest first, when the size was asked for.
    pub fn check(mut self) {
        self.rows
            .sort_by_key(|row| std::cmp::Reverse(row.whole.processor));
        if std::env::var_os(BYTES).is_some() {
            println!("{}", self.lines(|_| true));
        }
        assert!(self.dear().is_empty(), "{}", self.lines(|row| row.is_dear));
    }

    fn lines(&self, which: impl Fn(&Row) -> bool) -> String {
        let rows = self.rows.iter().filter(|row| which(row));
        let lines: Vec<String> = rows.map(|row| row.line(self.ordinary)).collect();
        let (ordinary, shortest) = (self.ordinary, self.shortest_spans);
        format!(
            "ordinary: {ordinary:?}\nshortest spans: {shortest:?}\n{}",
            lines.join("\n")
        )
    }

    fn usual(&self) -> Duration {
        self.ordinary.processor.max(self.shortest_spans.processor)
    }

    fn is_dear(&self, cost: Cost) -> bool {
        let most_bytes = PEAK_BYTES * self.bytes + SERIES_BYTES;
        cost.processor > self.usual() * TIMES || cost.peak_bytes > most_bytes as u64
    }

    /// Whether a request costs much more than as many of its parts, of a fourth of the bytes, would.
    fn grows(&self, whole: &[u8], part: &[u8]) -> bool {
        let part = cost(self.take, part, |_| true).processor;
        let most = part.max(self.usual() / 4) * GROWTH;
        cost(self.take, whole, |whole| whole.processor <= most).processor > most
    }
}

impl Row {
    fn line(&self, ordinary: Cost) -> String {
        let time = self.whole.processor.as_secs_f64() / ordinary.processor.as_secs_f64();
        let memory = self.whole.peak_bytes as f64 / self.bytes as f64;
        format!(
            "{time:>6.2} times the time, {memory:>5.2} bytes a byte, {:>9} bytes, {:>10.3?}: {}",
            self.bytes, self.whole.processor, self.name,
        )
    }
}
