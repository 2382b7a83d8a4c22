//! A cluster: the pattern that all of its names match, token by token.

use super::tokens::{ANY, Tokens};

/// Names that were found alike.
#[derive(Clone, Debug)]
pub struct Cluster {
    text: Box<str>,
    ends: Box<[u16]>,
    /// The leaf of the tree that it hangs on.
    pub leaf: usize,
    /// The number of its last use; uses are numbered in order.
    pub last_use: u64,
    /// When it was last used, in milliseconds since the Unix epoch.
    pub last_used_unix_milliseconds: i64,
}

/// How well a name fits a cluster; the greater the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Likeness {
    equal_tokens: usize,
    wildcards: usize,
}

impl Likeness {
    /// Whether at least three tenths of `tokens` are equal, so that the name belongs to the cluster (SPEC §7).
    #[must_use]
    pub fn suffices(self, tokens: usize) -> bool {
        self.equal_tokens * 10 >= tokens * 3
    }
}

impl Cluster {
    /// A cluster of one name, not used yet.
    #[must_use]
    pub fn new(name: Tokens<'_>, leaf: usize) -> Self {
        Self {
            text: name.text.into(),
            ends: name.ends.into(),
            leaf,
            last_use: 0,
            last_used_unix_milliseconds: i64::MIN,
        }
    }

    /// One whose tokens end at `ends` in `text`, not used yet; none when they do not fit.
    #[must_use]
    pub fn restored(text: Box<str>, ends: Box<[u16]>, leaf: usize) -> Option<Self> {
        let is_boundary = |end: &u16| text.is_char_boundary(usize::from(*end));
        let is_whole = ends.last().is_some_and(|last| usize::from(*last) == text.len());
        let fits = is_whole && ends.is_sorted() && ends.iter().all(is_boundary);
        fits.then_some(Self {
            text,
            ends,
            leaf,
            last_use: 0,
            last_used_unix_milliseconds: i64::MIN,
        })
    }

    /// Where each token of the pattern ends.
    #[must_use]
    pub fn ends(&self) -> &[u16] {
        &self.ends
    }

    /// How many tokens the pattern has.
    #[must_use]
    pub fn token_count(&self) -> usize {
        self.ends.len()
    }

    /// The pattern: equal tokens as they are, `<_>` for those that differ.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.text
    }

    /// Compares with a name that has as many tokens.
    #[must_use]
    pub fn likeness(&self, name: Tokens<'_>) -> Likeness {
        let pairs = || self.tokens().iter().zip(name.iter());
        Likeness {
            equal_tokens: pairs().filter(|(own, other)| own == other).count(),
            wildcards: pairs().filter(|(own, _)| *own == ANY).count(),
        }
    }

    /// Widens the pattern so that `name`, which has as many tokens, matches.
    pub fn admit(&mut self, name: Tokens<'_>) {
        let matches = |(own, other)| own == ANY || own == other;
        if !self.tokens().iter().zip(name.iter()).all(matches) {
            self.widen(name);
        }
    }

    /// The bytes that are allocated.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.text.len() + size_of_val(&*self.ends)
    }

    fn widen(&mut self, name: Tokens<'_>) {
        let mut text = String::with_capacity(self.text.len());
        let mut ends = Vec::with_capacity(self.ends.len());
        for (own, other) in self.tokens().iter().zip(name.iter()) {
            text.push_str(if own == other { own } else { ANY });
            // A name has at most 2048 bytes and 80 tokens, so a pattern's ends fit.
            ends.push(u16::try_from(text.len()).unwrap_or(u16::MAX));
        }
        (self.text, self.ends) = (text.into(), ends.into());
    }

    fn tokens(&self) -> Tokens<'_> {
        Tokens {
            text: &self.text,
            ends: &self.ends,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_tokens<T>(name: &str, work: impl FnOnce(Tokens<'_>) -> T) -> T {
        work(Tokens::cut(name, &mut Vec::new()).expect("a name of an ordinary length"))
    }

    fn cluster_of(names: &[&str]) -> Cluster {
        let mut cluster = with_tokens(names[0], |name| Cluster::new(name, 0));
        for name in &names[1..] {
            with_tokens(name, |name| cluster.admit(name));
        }
        cluster
    }

    #[test]
    fn tokens_that_differ_become_wildcards_and_stay_so() {
        assert_eq!(cluster_of(&["/a/1"]).pattern(), "/a/1");
        assert_eq!(cluster_of(&["/a/1", "/a/1"]).pattern(), "/a/1");
        assert_eq!(cluster_of(&["/a/1", "/a/2"]).pattern(), "/a/<_>");
        assert_eq!(cluster_of(&["/a/1", "/b/1", "/a/1"]).pattern(), "/<_>/1");
        assert_eq!(cluster_of(&["1/22 3", "44/5 6"]).pattern(), "<_>/<_> <_>");
    }

    #[test]
    fn likeness_counts_equal_tokens_then_wildcards() {
        let likeness = |cluster: &[&str], name| with_tokens(name, |name| cluster_of(cluster).likeness(name));
        assert!(likeness(&["/a/1"], "/a/1") > likeness(&["/a/1", "/a/2"], "/a/1"));
        assert!(likeness(&["/a/1", "/a/2"], "/a/3") > likeness(&["/a/1"], "/a/3"));
        assert_eq!(likeness(&["/a/1"], "/a/3"), likeness(&["/a/2"], "/a/3"));
    }

    #[test]
    fn three_tenths_suffice() {
        let of = |equal_tokens| Likeness {
            equal_tokens,
            wildcards: 0,
        };
        assert!(of(3).suffices(10));
        assert!(!of(2).suffices(10));
        assert!(!of(2).suffices(7));
        assert!(of(2).suffices(6));
    }

    #[test]
    fn ends_are_those_of_the_widened_text() {
        let cluster = cluster_of(&["x/1/y", "x/2/y"]);
        let tokens: Vec<&str> = cluster.tokens().iter().collect();
        assert_eq!(tokens, ["x", "/", "<_>", "/", "y", ""]);
    }
}
