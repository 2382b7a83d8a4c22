//! A store that is away for an hour, with restarts and crashes in between.

use super::*;

/// An hour of collections.
const CUTS: u8 = 240;

/// The pipeline ends after so many of them.
const CUTS_OF_A_LIFE: u8 = 60;

#[actix_rt::test]
async fn an_hour_without_the_store_loses_nothing_over_restarts_and_crashes() {
    let mut world = World::new();
    world.remote.be(Mood::Away);
    let mut expected = Vec::new();
    let mut life = world.live();
    for cut in 1..=CUTS {
        export(&life.pipeline.intake(), call(cut)).await.unwrap();
        world.pass(&life).await;
        expected.push((world.now.unix_milliseconds(), f64::from(cut)));
        if cut % CUTS_OF_A_LIFE == 0 {
            match cut / CUTS_OF_A_LIFE % 2 {
                0 => life.stop().await,
                _ => world.crash(life),
            }
            life = world.live();
        }
    }
    assert_eq!(world.calls(), []);
    world.remote.be(Mood::Willing);
    let samples = world.until_taken(f64::from(CUTS)).await;
    let missing: Vec<_> = expected.iter().filter(|cut| !samples.contains(cut)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // A stop in order collects once more.
    let in_order = |pair: &[(i64, f64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
    assert!(samples.windows(2).all(in_order), "{samples:?}");
    life.stop().await;
}
