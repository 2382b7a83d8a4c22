//! Remembers what was counted a while ago, so that counts since the start tell of the last minutes too.

use std::time::Instant;

/// Copies of counts at the last two marks.
#[derive(Clone, Debug)]
pub struct Marks<T> {
    earlier: Option<(Instant, T)>,
    later: Option<(Instant, T)>,
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
    pub fn set(&mut self, now: Instant, counts: T) {
        self.earlier = self.later.replace((now, counts));
    }

    /// The mark before the last and when it was set: between one and two intervals ago. `None` until there were two,
    /// when all that was ever counted is as young.
    #[must_use]
    pub fn earlier(&self) -> Option<&(Instant, T)> {
        self.earlier.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_before_the_last_is_told() {
        let (mut marks, now) = (Marks::new(), Instant::now());
        for count in 1..=3 {
            let told = marks.earlier().map(|(_, count)| *count);
            assert_eq!(told, [None, None, Some(1)][count - 1]);
            marks.set(now, count);
        }
        assert_eq!(marks.earlier(), Some(&(now, 2)));
    }
}
