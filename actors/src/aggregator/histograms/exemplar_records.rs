//! Exemplars in blocks of an epoch.

use super::exemplar::Exemplar;
use crate::aggregator::durable::{ExemplarsRecord, Flaw};

impl ExemplarsRecord {
    /// Those of `exemplars` that are there, each at its place; none when none is.
    pub fn of<'a>(exemplars: impl IntoIterator<Item = (i32, &'a Exemplar)>) -> Option<Self> {
        let mut record = Self::default();
        for (place, exemplar) in exemplars {
            if exemplar.is_some() {
                let (trace_id, seconds, stamp) = exemplar.parts();
                record.places.push(place);
                record.trace_ids.extend_from_slice(&trace_id);
                record.seconds.push(seconds);
                record.stamps.push(stamp);
            }
        }
        (!record.places.is_empty()).then_some(record)
    }

    /// The exemplars with their places.
    ///
    /// # Errors
    /// When the columns are not of one length.
    pub fn read(&self) -> Result<impl Iterator<Item = (i32, Exemplar)>, Flaw> {
        let (trace_ids, rest) = self.trace_ids.as_chunks::<16>();
        let count = self.places.len();
        let lengths = [trace_ids.len(), self.seconds.len(), self.stamps.len()];
        if !rest.is_empty() || lengths != [count; 3] {
            return Err(Flaw::Unfit("exemplars"));
        }
        let parts = trace_ids.iter().zip(&self.seconds).zip(&self.stamps);
        let exemplars =
            parts.map(|((trace_id, seconds), stamp)| Exemplar::of_parts(*trace_id, *seconds, *stamp));
        Ok(self.places.iter().copied().zip(exemplars))
    }
}
