//! Arbiters over which actors of one kind are spread, one after the other.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_rt::ArbiterHandle;

/// At least one Arbiter; each new actor is given the next.
#[derive(Debug)]
pub struct ArbiterRing {
    first: ArbiterHandle,
    others: Vec<ArbiterHandle>,
    turns: AtomicUsize,
}

impl ArbiterRing {
    /// `count` Arbiters, at least one, each made by `start`.
    #[must_use]
    pub fn start(count: usize, mut start: impl FnMut() -> ArbiterHandle) -> Self {
        Self {
            first: start(),
            others: (1..count).map(|_| start()).collect(),
            turns: AtomicUsize::new(0),
        }
    }

    /// The next one.
    #[must_use]
    pub fn next(&self) -> &ArbiterHandle {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed) % (self.others.len() + 1);
        let other = turn.checked_sub(1).and_then(|index| self.others.get(index));
        other.unwrap_or(&self.first)
    }
}

#[cfg(test)]
mod tests {
    use actix_rt::{Arbiter, System};

    use super::*;

    fn turns_on_threads(count: usize, turns: usize) -> Vec<usize> {
        System::new().block_on(async {
            let arbiters = ArbiterRing::start(count, || Arbiter::new().handle());
            let mut threads = Vec::new();
            let mut numbers = Vec::new();
            for _ in 0..turns {
                let (sender, receiver) = tokio::sync::oneshot::channel();
                let sent = arbiters.next().spawn(async move {
                    let _ = sender.send(std::thread::current().id());
                });
                assert!(sent);
                let thread = receiver.await.unwrap();
                let known = threads.iter().position(|known| *known == thread);
                numbers.push(known.unwrap_or_else(|| {
                    threads.push(thread);
                    threads.len() - 1
                }));
            }
            numbers
        })
    }

    #[test]
    fn arbiters_take_turns() {
        assert_eq!(turns_on_threads(3, 7), [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(turns_on_threads(1, 3), [0, 0, 0]);
        assert_eq!(turns_on_threads(0, 2), [0, 0]);
    }
}
