//! Answers that are shared: at most one question a second, or more rarely, however many ask.

use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dashmap::DashMap;
use tokio::sync::Mutex;

/// How old an answer may be unless it lasts longer.
pub const MAX_AGE: Duration = Duration::from_secs(1);

/// The last answer to one question.
///
/// While one asker waits for a new answer the others wait with it. An asker that goes away leaves the question to
/// the next.
#[derive(Debug)]
pub struct Latest<T> {
    max_age: Duration,
    answer: Mutex<Option<(Instant, Arc<T>)>>,
}

/// The last answers to questions of one kind, by key; those that are old are forgotten.
#[derive(Debug)]
pub struct LatestByKey<K: Eq + Hash, T> {
    max_age: Duration,
    answers: DashMap<K, Arc<Latest<T>>>,
}

/// How many keys there may be before old answers are looked for.
const MANY: usize = 64;

impl<T> Latest<T> {
    /// No answer yet; each will last for `max_age`.
    #[must_use]
    pub fn lasting(max_age: Duration) -> Self {
        Self {
            max_age,
            answer: Mutex::new(None),
        }
    }

    /// The last answer, or a new one from `ask` when that is too old; `None` when `ask` has none.
    pub async fn get(&self, ask: impl AsyncFnOnce() -> Option<T>) -> Option<Arc<T>> {
        let mut answer = self.answer.lock().await;
        if let Some((at, latest)) = &*answer
            && at.elapsed() < self.max_age
        {
            return Some(Arc::clone(latest));
        }
        let latest = Arc::new(ask().await?);
        *answer = Some((Instant::now(), Arc::clone(&latest)));
        Some(latest)
    }

    fn is_old(&self) -> bool {
        let answer = self.answer.try_lock();
        answer.is_ok_and(|answer| answer.as_ref().is_none_or(|(at, _)| at.elapsed() >= self.max_age))
    }
}

impl<K: Eq + Hash, T> LatestByKey<K, T> {
    /// No answers yet; each will last for `max_age`.
    #[must_use]
    pub fn lasting(max_age: Duration) -> Self {
        Self {
            max_age,
            answers: DashMap::new(),
        }
    }

    /// Forgets answers that are old, unless somebody asks for them now.
    pub fn forget_old(&self) {
        self.answers
            .retain(|_, latest| Arc::strong_count(latest) > 1 || !latest.is_old());
    }

    /// As [`Latest::get`], of the question `key`.
    pub async fn get(&self, key: K, ask: impl AsyncFnOnce() -> Option<T>) -> Option<Arc<T>> {
        if self.answers.len() >= MANY {
            self.forget_old();
        }
        let latest = Arc::clone(
            &self
                .answers
                .entry(key)
                .or_insert_with(|| Arc::new(Latest::lasting(self.max_age))),
        );
        latest.get(ask).await
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self::lasting(MAX_AGE)
    }
}

impl<K: Eq + Hash, T> Default for LatestByKey<K, T> {
    fn default() -> Self {
        Self::lasting(MAX_AGE)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[actix_rt::test]
    async fn askers_at_the_same_time_share_one_question() {
        let (latest, questions) = (LatestByKey::default(), AtomicUsize::new(0));
        let ask = || {
            latest.get("tenant", async || {
                tokio::task::yield_now().await;
                Some(questions.fetch_add(1, Ordering::Relaxed))
            })
        };
        let answers = join_all((0..50).map(|_| ask())).await;
        assert!(answers.iter().all(|answer| answer.as_deref() == Some(&0)));
        assert_eq!(questions.load(Ordering::Relaxed), 1);
    }

    #[actix_rt::test]
    async fn an_answer_that_does_not_last_is_asked_for_again() {
        let latest = LatestByKey::lasting(Duration::ZERO);
        for answer in [1, 2] {
            let found = latest.get("tenant", async || Some(answer)).await;
            assert_eq!(found.as_deref(), Some(&answer));
        }
    }

    #[actix_rt::test]
    async fn no_answer_is_not_kept() {
        let latest = Latest::default();
        assert_eq!(latest.get(async || None).await, None);
        assert_eq!(latest.get(async || Some(1)).await.as_deref(), Some(&1));
        assert_eq!(latest.get(async || Some(2)).await.as_deref(), Some(&1));
    }

    #[actix_rt::test]
    async fn old_answers_of_many_keys_are_forgotten() {
        let latest = LatestByKey::default();
        for key in 0..MANY {
            latest.get(key, async || None::<u8>).await;
        }
        latest.get(MANY, async || Some(1)).await;
        assert_eq!(latest.answers.len(), 1);
    }
}
