//! The live graph over a crash and a stop: its rates are of the time that passed, and no call is counted twice or below zero.

use super::*;
use crate::aggregator::GraphDescription;
use crate::graph_history::Window;

impl Life {
    /// The window of the only tenant once what was sent is applied.
    async fn window(&self) -> Window {
        self.pipeline.gate.drained().await;
        self.pipeline
            .view()
            .graph_window(&TenantId::single())
            .await
            .unwrap()
    }

    async fn send(&self, trace: u8) {
        export(&self.pipeline.intake(), call(trace)).await.unwrap();
    }
}

/// Calls at the beginning of a window, its width in seconds, and calls at its end.
fn told(window: &Window) -> (Option<f64>, Option<f64>, f64) {
    let calls = |description: &GraphDescription| description.edges.iter().map(|edge| edge.calls).sum();
    let earlier = window.earlier.as_deref();
    (earlier.map(calls), window.seconds(), calls(&window.latest))
}

#[actix_rt::test]
async fn the_graph_has_its_last_minute_again_after_a_crash_and_after_a_stop() {
    let mut world = World::new();
    let life = world.live();
    life.send(1).await;
    assert_eq!(told(&life.window().await), (None, None, 1.0));
    world.pass(&life).await;
    // What no epoch has is gone, and so is what was told of it.
    life.send(2).await;
    assert_eq!(told(&life.window().await), (Some(1.0), Some(15.0), 2.0));
    world.crash(life);

    world.now = world.now + Duration::from_secs(5);
    let life = world.live();
    assert_eq!(told(&life.window().await), (Some(1.0), Some(20.0), 1.0));
    life.send(3).await;
    life.send(4).await;
    world.now = world.now + Duration::from_secs(10);
    life.clock.advance(world.now);
    assert_eq!(told(&life.window().await), (Some(1.0), Some(30.0), 3.0));
    life.stop().await;

    world.now = world.now + Duration::from_secs(40);
    let life = world.live();
    let of_what_is_young = told(&life.window().await);
    assert_eq!(of_what_is_young, (Some(1.0), Some(50.0), 3.0));
    life.stop().await;

    world.now = world.now + Duration::from_secs(3_600);
    let life = world.live();
    assert_eq!(told(&life.window().await), (None, None, 3.0));
    life.stop().await;
}
