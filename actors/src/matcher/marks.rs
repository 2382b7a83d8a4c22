//! Remembers what was counted a while ago, so that counts since the start tell of the last minutes too.

use crate::time::{PipelineTime, TimeShift};

/// Copies of counts at the last two marks.
#[derive(Clone, Debug)]
pub struct Marks<T> {
    earlier: Option<(PipelineTime, T)>,
    later: Option<(PipelineTime, T)>,
}

impl<T> Marks<T> {
    /// No marks.
    #[must_use]
    pub fn new() -> Self {
        Self {
            earlier: None,
            later: None,
        }
    }

    /// Keeps `counts` as they are at `now`, and forgets the mark before the last.
    pub fn set(&mut self, now: PipelineTime, counts: T) {
        self.earlier = self.later.replace((now, counts));
    }

    /// Moves the times of both marks.
    pub fn shift(&mut self, by: TimeShift) {
        let marks = self.earlier.iter_mut().chain(&mut self.later);
        marks.for_each(|(at, _)| *at += by);
    }

    /// The mark before the last and when it was set: between one and two intervals ago. `None` until there were two,
    /// when all that was ever counted is as young.
    #[must_use]
    pub fn earlier(&self) -> Option<&(PipelineTime, T)> {
        self.earlier.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: PipelineTime = PipelineTime::from_unix_milliseconds(1_700_000_000_000);

    #[test]
    fn the_mark_before_the_last_is_told() {
        let (mut marks, now) = (Marks::new(), START);
        for count in 1..=3 {
            let told = marks.earlier().map(|(_, count)| *count);
            assert_eq!(told, [None, None, Some(1)][count - 1]);
            marks.set(now, count);
        }
        assert_eq!(marks.earlier(), Some(&(now, 2)));
    }
}
