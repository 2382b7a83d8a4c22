//! Cuts what a request carries into two, so that the series an endpoint fails at can be found.

use std::collections::BTreeSet;
use std::ops::Range;

use hashbrown::HashSet;
use spangraph_proto::remote_write::{labels, split_time_series};

use super::request::Part;
use crate::batches::{Compressor, SeriesEnd};

/// How much of a series' labels is told.
const NAME_BYTES: usize = 512;

/// The two halves of what was cut.
#[derive(Debug)]
pub(super) enum Cut {
    /// No series is in both, so that neither has to wait for the other.
    Apart(Vec<Part>, Vec<Part>),
    /// Samples of one series; the second half must not arrive before the first.
    InOrder(Vec<Part>, Vec<Part>),
    /// There is nothing to cut: one series of one collection, or something that cannot be read.
    Whole(Vec<Part>),
}

/// One series of one part.
struct Entry {
    part: usize,
    index: usize,
    bytes: Range<usize>,
    labels: Range<usize>,
}

/// Parts of one lane, decompressed.
struct Opened {
    plain: Vec<Vec<u8>>,
    entries: Vec<Entry>,
}

/// Cuts `parts`: by lanes, then by series, then by time.
pub(super) fn cut(parts: Vec<Part>) -> Cut {
    let lanes: BTreeSet<_> = parts.iter().map(|part| part.lane).collect();
    if lanes.len() > 1 {
        let middle = lanes.iter().nth(lanes.len() / 2).copied().unwrap_or_default();
        let (first, second) = parts.into_iter().partition(|part| part.lane < middle);
        return Cut::Apart(first, second);
    }
    let Some(opened) = Opened::of(&parts) else {
        return Cut::Whole(parts);
    };
    let series = opened.series();
    let middle = series.len() / 2;
    if middle > 0 {
        let first: HashSet<_> = series.into_iter().take(middle).collect();
        let (first, second) = opened.divide(&parts, |labels, _| first.contains(labels));
        return Cut::Apart(first, second);
    }
    let middle = opened.entries.len() / 2;
    if middle > 0 {
        let (first, second) = opened.divide(&parts, |_, number| number < middle);
        return Cut::InOrder(first, second);
    }
    Cut::Whole(parts)
}

/// A series alone: its encoded labels, and what there is of it.
pub(super) type Alone = (Box<[u8]>, Vec<Part>);

/// Takes the series out of `parts` that `wanted` says by lane and encoded labels; each apart from the others.
pub(super) fn take_out(parts: Vec<Part>, wanted: impl Fn(usize, &[u8]) -> bool) -> (Vec<Part>, Vec<Alone>) {
    let mut rest = Vec::with_capacity(parts.len());
    let mut taken: Vec<Alone> = Vec::new();
    for part in parts {
        let lane = part.lane;
        let part = [part];
        let Some(opened) = Opened::of(&part) else {
            rest.extend(part);
            continue;
        };
        let found: Vec<_> = opened
            .series()
            .into_iter()
            .filter(|labels| wanted(lane, labels))
            .collect();
        if found.is_empty() {
            rest.extend(part);
            continue;
        }
        for labels in &found {
            let (own, _) = opened.divide(&part, |other, _| other == *labels);
            match taken.iter_mut().find(|(known, _)| **known == **labels) {
                Some((_, parts)) => parts.extend(own),
                None => taken.push(((*labels).into(), own)),
            }
        }
        let (_, left) = opened.divide(&part, |labels, _| found.contains(&labels));
        rest.extend(left);
    }
    (rest, taken)
}

/// The encoded labels of the only series in `parts`; `None` when there are several.
pub(super) fn only_series(parts: &[Part]) -> Option<Box<[u8]>> {
    let opened = Opened::of(parts)?;
    match opened.series()[..] {
        [labels] => Some(labels.into()),
        _ => None,
    }
}

/// The only series in `parts` for people, cut off where it is long; `None` when there are several.
pub(super) fn name_of_only_series(parts: &[Part]) -> Option<String> {
    let encoded = only_series(parts)?;
    let pairs = labels(&encoded).map(|(name, value)| format!("{name}={value:?}"));
    let text = pairs.collect::<Vec<_>>().join(", ");
    let end = text.floor_char_boundary(NAME_BYTES);
    Some(format!("{{{}}}", text.get(..end).unwrap_or_default()))
}

impl Opened {
    /// `None` when a part cannot be read, so that nothing of it is lost by cutting.
    fn of(parts: &[Part]) -> Option<Self> {
        let mut opened = Self {
            plain: Vec::with_capacity(parts.len()),
            entries: Vec::new(),
        };
        for (number, part) in parts.iter().enumerate() {
            let plain = part.series.decompress().ok()?;
            let mut start = 0;
            for (index, end) in part.ends.iter().enumerate() {
                let bytes = start..end.byte as usize;
                start = bytes.end;
                let series = plain.get(bytes.clone())?;
                let (labels, content) = split_time_series(series)?;
                let end = bytes.end.checked_sub(content.len())?;
                opened.entries.push(Entry {
                    part: number,
                    index,
                    labels: end.checked_sub(labels.len())?..end,
                    bytes,
                });
            }
            opened.plain.push(plain);
        }
        Some(opened)
    }

    /// The encoded labels of all series, each once, in the order in which they come.
    fn series(&self) -> Vec<&[u8]> {
        let mut seen = HashSet::new();
        let all = self.entries.iter().map(|entry| self.labels_of(entry));
        all.filter(|labels| seen.insert(*labels)).collect()
    }

    fn labels_of(&self, entry: &Entry) -> &[u8] {
        self.bytes_of(entry.part, &entry.labels)
    }

    fn bytes_of(&self, part: usize, range: &Range<usize>) -> &[u8] {
        let plain = self.plain.get(part).and_then(|plain| plain.get(range.clone()));
        plain.unwrap_or_default()
    }

    /// The entries of which `is_first` says so by labels and number, and the others; both in order.
    fn divide(&self, parts: &[Part], is_first: impl Fn(&[u8], usize) -> bool) -> (Vec<Part>, Vec<Part>) {
        let mut halves = (Vec::new(), Vec::new());
        let numbered = self.entries.iter().enumerate();
        let (first, second): (Vec<_>, Vec<_>) =
            numbered.partition(|(number, entry)| is_first(self.labels_of(entry), *number));
        for (number, part) in parts.iter().enumerate() {
            for (half, entries) in [(&mut halves.0, &first), (&mut halves.1, &second)] {
                let own = entries.iter().map(|(_, entry)| *entry);
                half.extend(self.part_of(part, own.filter(|entry| entry.part == number)));
            }
        }
        halves
    }

    /// `part` with these of its entries alone.
    fn part_of<'a>(&self, part: &Part, entries: impl Iterator<Item = &'a Entry>) -> Option<Part> {
        let (mut bytes, mut ends, mut count) = (Vec::new(), Vec::new(), 0);
        for entry in entries {
            let end = part.ends.get(entry.index)?;
            bytes.extend_from_slice(self.bytes_of(entry.part, &entry.bytes));
            ends.push(SeriesEnd {
                byte: u32::try_from(bytes.len()).ok()?,
                ..*end
            });
            count += u64::from(end.samples);
        }
        (!ends.is_empty()).then(|| Part {
            series: Compressor::new().compress(&bytes),
            ends: ends.into(),
            count,
            ..part.clone()
        })
    }
}
