//! Cuts the parts of a request in two between series, so that what an endpoint does not take can be told from the rest.

use std::sync::Arc;

use super::request::Part;
use crate::batches::{Compressor, SeriesEnd};

/// The parts with the first half of the series and those with the others; `None` when there are fewer than two, or a part
/// cannot be decompressed.
pub(super) fn halves(parts: &[Part]) -> Option<[Vec<Part>; 2]> {
    let series: usize = parts.iter().map(|part| part.ends.len()).sum();
    if series < 2 {
        return None;
    }
    let (mut first, mut second, mut left) = (Vec::new(), Vec::new(), series / 2);
    for part in parts {
        let here = part.ends.len();
        if here <= left {
            first.push(part.clone());
        } else if left == 0 {
            second.push(part.clone());
        } else {
            let [before, after] = cut(part, left)?;
            first.push(before);
            second.push(after);
        }
        left = left.saturating_sub(here);
    }
    Some([first, second])
}

/// `ends`, which are of series from the byte `start` on, as they are without what is before it.
pub(super) fn rebased(ends: &[SeriesEnd], start: usize) -> Arc<[SeriesEnd]> {
    let start = u32::try_from(start).unwrap_or(u32::MAX);
    let ends = ends.iter().map(|end| SeriesEnd {
        byte: end.byte.saturating_sub(start),
        ..*end
    });
    ends.collect()
}

/// The first `series` series of `part`, at least one, and the others.
fn cut(part: &Part, series: usize) -> Option<[Part; 2]> {
    let plain = part.series.decompress().ok()?;
    let (before, after) = part.ends.split_at_checked(series)?;
    let byte = before.last()?.byte as usize;
    let (first, second) = plain.split_at_checked(byte)?;
    let half = |plain: &[u8], ends: Arc<[SeriesEnd]>| Part {
        series: Compressor::new().compress(plain),
        count: ends.iter().map(|end| u64::from(end.samples)).sum(),
        ends,
        ..part.clone()
    };
    Some([
        half(first, rebased(before, 0)),
        half(second, rebased(after, byte)),
    ])
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::batches::ChunkKind;
    use crate::writer::lanes::tests::{chunk, numbers};
    use crate::writer::waiting::Waiting;

    fn part(lane: usize, first: u64, samples: &[u32]) -> Part {
        let chunk = chunk(ChunkKind::Samples, lane, first, samples, 0);
        Waiting::new(chunk, 0).cut(u64::MAX, true).unwrap()
    }

    #[test]
    fn one_series_has_no_halves() {
        assert!(halves(&[]).is_none());
        assert!(halves(&[part(0, 0, &[3])]).is_none());
    }

    #[test]
    fn parts_stay_whole_where_the_middle_is_between_them() {
        let [first, second] = halves(&[part(3, 0, &[1, 1]), part(4, 10, &[2, 1])]).unwrap();
        assert_eq!((first.len(), second.len()), (1, 1));
        assert_eq!((first[0].lane, first[0].count), (3, 2));
        assert_eq!((second[0].lane, second[0].count), (4, 3));
    }

    proptest! {
        #[test]
        fn halves_of_halves_hold_every_series_once_in_order(
            parts in vec(vec(1u32..4, 1..6), 1..5),
        ) {
            let parts: Vec<_> = (0usize..).zip(&parts).map(|(lane, samples)| {
                part(lane, 100 * u64::try_from(lane).unwrap(), samples)
            }).collect();
            let of = |parts: &[Part]| -> Vec<u64> { parts.iter().flat_map(numbers).collect() };
            let samples = |parts: &[Part]| -> u64 { parts.iter().map(|part| part.count).sum() };
            let (mut pieces, mut whole) = (vec![parts.clone()], Vec::new());
            while let Some(piece) = pieces.pop() {
                match halves(&piece) {
                    Some([first, second]) => {
                        prop_assert!(of(&second).len() - of(&first).len() <= 1);
                        prop_assert_eq!(samples(&first) + samples(&second), samples(&piece));
                        pieces.extend([second, first]);
                    }
                    None => {
                        prop_assert_eq!(of(&piece).len(), 1);
                        whole.extend(of(&piece));
                    }
                }
            }
            prop_assert_eq!(whole, of(&parts));
        }
    }
}
