//! What a writer has taken from the queue on the disk and not settled yet; pure.

use std::collections::VecDeque;

use spangraph_storage::epochs::EndpointKey;

use crate::batches::{Chunk, Collected};
use crate::durability::Question;

/// The queue on the disk as its writer sees it.
///
/// The samples of one cut are settled, and that is on the disk, before any of the next goes out. So what a crash makes come
/// again is of one time and has the same values, which stores take: of an earlier time they would refuse it, and what is
/// with it in a request.
#[derive(Debug)]
pub struct Feed {
    /// The endpoint's names: what waits under a former one comes first.
    endpoints: VecDeque<EndpointKey>,
    taken: VecDeque<Taken>,
    taken_samples: u64,
    /// The number of the batch that was taken last.
    last: Option<u64>,
    /// The first cut of all that was taken.
    first_cut: Option<i64>,
    /// What was asked for and has not come.
    asked: Option<Asked>,
    /// Nothing more was there when it was last asked.
    is_exhausted: bool,
}

/// Which batch was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// The next one, whatever it is.
    Any,
    /// The next one if it is of the cut that was under way.
    OfCut,
}

/// A batch that was taken.
#[derive(Debug)]
struct Taken {
    number: u64,
    cut: i64,
    samples: u64,
    /// When its latest sample was collected, in milliseconds since the Unix epoch.
    collected: i64,
}

/// What may be forgotten on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Whose batches.
    pub endpoint: EndpointKey,
    /// Up to this number.
    pub up_to: u64,
}

impl Feed {
    /// Nothing is taken yet of what waits for `endpoint`.
    #[must_use]
    pub fn new(endpoint: EndpointKey) -> Self {
        Self {
            endpoints: VecDeque::from([endpoint]),
            taken: VecDeque::new(),
            taken_samples: 0,
            last: None,
            first_cut: None,
            asked: None,
            is_exhausted: false,
        }
    }

    /// The endpoint has another name from now on.
    pub fn rename(&mut self, endpoint: EndpointKey) {
        if self.endpoints.back() != Some(&endpoint) {
            self.endpoints.push_back(endpoint);
            self.is_exhausted = false;
        }
    }

    /// An epoch was committed, so there may be more.
    pub fn look_again(&mut self) {
        self.is_exhausted = false;
    }

    /// Whether all that is on the disk was taken.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.is_exhausted && self.asked.is_none()
    }

    /// What to ask for next, when less than `most` samples that were taken are left; one batch is taken in any case.
    pub fn ask(&mut self, most: u64) -> Option<Question> {
        let has_room = self.taken.is_empty() || self.taken_samples < most;
        if self.asked.is_some() || self.is_exhausted || !has_room {
            return None;
        }
        let endpoint = self.endpoints.front()?.clone();
        let cut = self.taken.front().map(|taken| taken.cut);
        self.asked = Some(cut.map_or(Asked::Any, |_| Asked::OfCut));
        Some(Question {
            endpoint,
            after: self.last,
            cut,
        })
    }

    /// The cut whose samples are under way, while it is the first one: a writer before this one may have sent them.
    #[must_use]
    pub fn first_cut_under_way(&self) -> Option<i64> {
        let cut = self.taken.front()?.cut;
        self.first_cut.filter(|first| *first == cut)
    }

    /// The batch that was asked for has come: of this number and cut.
    pub fn take(&mut self, number: u64, cut: i64, collected: &Collected) {
        self.asked = None;
        self.last = Some(number);
        self.first_cut.get_or_insert(cut);
        let samples: usize = collected.chunks.iter().map(Chunk::samples).sum();
        let times = collected
            .chunks
            .iter()
            .map(|chunk| chunk.collected_unix_milliseconds);
        self.taken_samples += samples as u64;
        self.taken.push_back(Taken {
            number,
            cut,
            samples: samples as u64,
            collected: times.max().unwrap_or(i64::MIN),
        });
    }

    /// There was no further batch, or none of the cut that was asked for. Those of a name that the endpoint had before come
    /// to an end once all are settled.
    pub fn find_nothing(&mut self) {
        if self.asked.take() == Some(Asked::OfCut) && self.taken.is_empty() {
            // The cut was settled meanwhile, so one of the next may come.
            return;
        }
        let has_another_name = self.endpoints.len() > 1;
        if has_another_name && self.taken.is_empty() {
            self.endpoints.pop_front();
            self.last = None;
        } else {
            self.is_exhausted = true;
        }
    }

    /// The batch that was asked for cannot be had now.
    pub fn fail(&mut self) {
        self.asked = None;
        self.is_exhausted = true;
    }

    /// What is settled when the oldest sample that is not was collected at `oldest`, in milliseconds since the Unix epoch, or
    /// none is left.
    pub fn settle(&mut self, oldest: Option<i64>) -> Option<Settled> {
        let mut up_to = None;
        while let Some(taken) = self.taken.front()
            && oldest.is_none_or(|oldest| taken.collected < oldest)
        {
            up_to = Some(taken.number);
            self.taken_samples -= taken.samples;
            self.taken.pop_front();
        }
        // What comes next is of another cut, and may be asked for now.
        self.is_exhausted &= up_to.is_none() || !self.taken.is_empty();
        Some(Settled {
            endpoint: self.endpoints.front()?.clone(),
            up_to: up_to?,
        })
    }
}

#[cfg(test)]
mod tests {
    use spangraph_storage::epochs::TenantKey;

    use super::*;
    use crate::batches::{ChunkKind, Compressor, SeriesEnd};

    fn endpoint(name: &str) -> EndpointKey {
        let tenant = TenantKey::of("t");
        let name = name.to_owned();
        EndpointKey { tenant, name }
    }

    fn collected(samples: usize, at: i64) -> Collected {
        let end = SeriesEnd {
            byte: 0,
            samples: 1,
            exemplars: 0,
        };
        let chunk = Chunk {
            kind: ChunkKind::Samples,
            lane: 0,
            series: Compressor::new().compress(b""),
            ends: vec![end; samples].into(),
            collected_unix_milliseconds: at,
        };
        vec![chunk].into()
    }

    fn asked(feed: &mut Feed, most: u64) -> Option<(String, Option<u64>, Option<i64>)> {
        let question = feed.ask(most)?;
        Some((question.endpoint.name, question.after, question.cut))
    }

    fn name(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn only_the_first_cut_may_have_been_sent_before() {
        let mut feed = Feed::new(endpoint("a"));
        assert_eq!(feed.first_cut_under_way(), None);
        feed.take(7, 1, &collected(2, 1));
        feed.take(8, 1, &collected(2, 1));
        assert_eq!(feed.first_cut_under_way(), Some(1));
        feed.settle(None);
        feed.take(9, 2, &collected(2, 2));
        assert_eq!(feed.first_cut_under_way(), None);
    }

    #[test]
    fn a_cut_that_is_settled_while_more_of_it_is_asked_for_does_not_hide_the_next() {
        let mut feed = Feed::new(endpoint("a"));
        asked(&mut feed, 10).unwrap();
        feed.take(7, 1, &collected(2, 1));
        assert_eq!(asked(&mut feed, 10), Some((name("a"), Some(7), Some(1))));
        assert_eq!(feed.settle(None).unwrap().up_to, 7);
        feed.find_nothing();
        assert!(!feed.is_exhausted());
        assert_eq!(asked(&mut feed, 10), Some((name("a"), Some(7), None)));
        feed.find_nothing();
        assert!(feed.is_exhausted());
    }

    #[test]
    fn batches_are_asked_for_one_by_one_and_no_more_than_there_is_room_for() {
        let mut feed = Feed::new(endpoint("a"));
        assert_eq!(asked(&mut feed, 10), Some((name("a"), None, None)));
        assert_eq!(asked(&mut feed, 10), None, "one is under way");
        feed.take(7, 1, &collected(9, 1));
        assert_eq!(asked(&mut feed, 10), Some((name("a"), Some(7), Some(1))));
        feed.take(8, 1, &collected(9, 1));
        assert_eq!(asked(&mut feed, 10), None);
        assert_eq!(feed.settle(None).unwrap().up_to, 8);
        assert_eq!(asked(&mut feed, 10), Some((name("a"), Some(8), None)));
        feed.find_nothing();
        assert!(feed.is_exhausted());
        assert_eq!(asked(&mut feed, 10), None);
        feed.look_again();
        assert_eq!(asked(&mut feed, 10), Some((name("a"), Some(8), None)));
    }

    #[test]
    fn the_next_cut_waits_until_all_of_the_one_before_is_settled() {
        let mut feed = Feed::new(endpoint("a"));
        feed.ask(1000).unwrap();
        feed.take(1, 5, &collected(1, 5));
        assert_eq!(asked(&mut feed, 1000), Some((name("a"), Some(1), Some(5))));
        feed.find_nothing();
        assert_eq!(asked(&mut feed, 1000), None);
        assert_eq!(feed.settle(Some(5)), None);
        assert_eq!(asked(&mut feed, 1000), None);
        assert_eq!(feed.settle(None).unwrap().up_to, 1);
        assert!(!feed.is_exhausted());
        assert_eq!(asked(&mut feed, 1000), Some((name("a"), Some(1), None)));
    }

    #[test]
    fn a_batch_larger_than_all_room_is_taken_alone() {
        let mut feed = Feed::new(endpoint("a"));
        feed.ask(1).unwrap();
        feed.take(1, 1, &collected(100, 1));
        assert_eq!(feed.ask(1), None);
        assert_eq!(feed.settle(None).unwrap().up_to, 1);
        assert!(feed.ask(1).is_some());
    }

    #[test]
    fn what_waits_under_a_former_name_comes_before_the_new_one() {
        let mut feed = Feed::new(endpoint("a"));
        feed.ask(1000).unwrap();
        feed.take(1, 5, &collected(1, 5));
        feed.rename(endpoint("b"));
        assert_eq!(asked(&mut feed, 1000), Some((name("a"), Some(1), Some(5))));
        feed.find_nothing();
        assert_eq!(feed.ask(1000), None, "what was taken is not settled");
        assert_eq!(feed.settle(None).unwrap().endpoint.name, "a");
        assert!(!feed.is_exhausted(), "there is the other name");
        feed.ask(1000).unwrap();
        feed.find_nothing();
        assert_eq!(asked(&mut feed, 1000), Some((name("b"), None, None)));
        feed.find_nothing();
        assert!(feed.is_exhausted());
    }
}
