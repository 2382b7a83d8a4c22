//! Takes the exemplars out of native histograms, for endpoints that want none.

use std::borrow::Cow;

use spangraph_proto::remote_write::{put_time_series, put_without_exemplars, split_time_series};

use crate::batches::{Chunk, Collected, Compressor, SeriesEnd};

/// The same collection without exemplars in its native histograms; a series that cannot be read stays as it is.
pub(super) fn without_exemplars(collected: &Collected) -> Cow<'_, Collected> {
    if !collected.chunks.iter().any(has_exemplars) {
        return Cow::Borrowed(collected);
    }
    let mut compressor = Compressor::new();
    let mut plain = |chunk: &Chunk| {
        let stripped = has_exemplars(chunk)
            .then(|| strip(chunk, &mut compressor))
            .flatten();
        stripped.unwrap_or_else(|| chunk.clone())
    };
    Cow::Owned(Collected {
        chunks: collected.chunks.iter().map(&mut plain).collect(),
        continues: collected.continues,
    })
}

fn has_exemplars(chunk: &Chunk) -> bool {
    chunk.ends.iter().any(|end| end.exemplars > 0)
}

fn strip(chunk: &Chunk, compressor: &mut Compressor) -> Option<Chunk> {
    let series = chunk.series.decompress().ok()?;
    let (mut bytes, mut content) = (Vec::with_capacity(series.len()), Vec::new());
    let mut ends = Vec::with_capacity(chunk.ends.len());
    let mut start = 0;
    for end in chunk.ends.iter() {
        let (labels, with_exemplars) = split_time_series(series.get(start..end.byte as usize)?)?;
        content.clear();
        put_without_exemplars(&mut content, with_exemplars)?;
        put_time_series(&mut bytes, &[labels], &content);
        ends.push(SeriesEnd {
            byte: u32::try_from(bytes.len()).ok()?,
            samples: end.samples,
            exemplars: 0,
        });
        start = end.byte as usize;
    }
    Some(Chunk {
        series: compressor.compress(&bytes),
        ends: ends.into(),
        ..chunk.clone()
    })
}

#[cfg(test)]
mod tests {
    use spangraph_proto::remote_write::{put_exemplar, put_label, put_stale_native_histogram};

    use super::*;
    use crate::batches::ChunkKind;

    /// Series that are native histograms, each with so many exemplars.
    fn chunk(exemplars: &[u32]) -> Chunk {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (number, exemplars) in exemplars.iter().enumerate() {
            let (mut labels, mut field) = (Vec::new(), Vec::new());
            put_label(&mut labels, "__name__", &number.to_string());
            put_stale_native_histogram(&mut field, 7);
            (0..*exemplars).for_each(|value| put_exemplar(&mut field, b"", value.into(), 7));
            put_time_series(&mut bytes, &[&labels], &field);
            ends.push(SeriesEnd {
                byte: u32::try_from(bytes.len()).unwrap(),
                samples: 1,
                exemplars: *exemplars,
            });
        }
        Chunk {
            kind: ChunkKind::NativeHistograms,
            lane: 3,
            series: Compressor::new().compress(&bytes),
            ends: ends.into(),
            collected_unix_milliseconds: 7,
        }
    }

    #[test]
    fn histograms_stay_and_their_exemplars_go() {
        let collected = Collected::from(vec![chunk(&[2, 0, 1]), chunk(&[0])]);
        let expected = chunk(&[0, 0, 0]);
        let plain = without_exemplars(&collected);
        let [first, second] = plain.chunks.as_slice() else {
            panic!("{plain:?}");
        };
        assert_eq!(first.series.decompress(), expected.series.decompress());
        assert_eq!((&first.ends, first.lane), (&expected.ends, 3));
        assert_eq!(second.series.decompress(), chunk(&[0]).series.decompress());
    }

    #[test]
    fn a_collection_without_exemplars_is_not_copied() {
        let collected = Collected::from(vec![chunk(&[0, 0])]);
        assert!(matches!(without_exemplars(&collected), Cow::Borrowed(_)));
    }
}
