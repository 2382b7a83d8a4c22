//! The end of the actors' threads.

use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use spangraph_actors::pipeline::NamedArbiter;

/// Ends the threads of `arbiters` and waits until `deadline` for them; whether all ended, and none by a panic.
///
/// Those that hang are told of, and end with the process.
pub fn join(arbiters: Vec<NamedArbiter>, deadline: Instant) -> bool {
    arbiters.iter().for_each(|each| {
        each.arbiter.stop();
    });
    let mut hanging: Vec<_> = arbiters.iter().map(|each| each.name.clone()).collect();
    let (tell, told) = mpsc::channel();
    for NamedArbiter { name, arbiter } in arbiters {
        let tell = tell.clone();
        // One thread each, so that one that hangs does not hide the others.
        let joining = thread::Builder::new().spawn(move || tell.send((name, arbiter.join().is_ok())));
        if let Err(error) = joining {
            tracing::error!(%error, "cannot wait for the thread of an actor");
        }
    }
    drop(tell);
    let mut is_well = true;
    while let Ok((name, ended_well)) = told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        if let Some(position) = hanging.iter().position(|each| *each == name) {
            hanging.swap_remove(position);
        }
        if !ended_well {
            tracing::error!(thread = name, "the thread of an actor panicked");
        }
        is_well &= ended_well;
    }
    for name in &hanging {
        tracing::error!(
            thread = name,
            "the thread of an actor does not end and is left behind"
        );
    }
    is_well && hanging.is_empty()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_rt::{Arbiter, System};

    use super::*;

    fn arbiters(names: [&str; 3]) -> Vec<NamedArbiter> {
        let name = |name: &str| NamedArbiter {
            name: name.to_owned(),
            arbiter: Arbiter::new(),
        };
        System::new().block_on(async { names.map(name).into() })
    }

    #[test]
    fn threads_that_end_are_waited_for() {
        let deadline = Instant::now() + Duration::from_secs(60);
        assert!(join(arbiters(["a", "b", "c"]), deadline));
        assert!(Instant::now() < deadline, "for no longer than it takes");
    }

    #[test]
    fn a_thread_that_hangs_is_left_behind() {
        let arbiters = arbiters(["a", "b", "c"]);
        let (release, released) = mpsc::channel::<()>();
        let (tell, hangs) = mpsc::channel();
        let hang = move || {
            tell.send(()).unwrap();
            let _ = released.recv();
        };
        assert!(arbiters[1].arbiter.spawn_fn(hang));
        hangs.recv().unwrap();
        let begun = Instant::now();
        assert!(!join(arbiters, begun + Duration::from_millis(300)));
        assert!(begun.elapsed() < Duration::from_secs(30));
        drop(release);
    }
}
