//! Clients that stall, and clients that are only slow.

use std::future::poll_fn;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{sleep, timeout};

use super::*;

const LIMITS: StallLimits = StallLimits {
    taking: Duration::from_millis(200),
    head: Duration::from_millis(200),
    idle: Duration::from_millis(1_000),
};

/// Less than a limit by far, so that slow machines do not matter.
const A_WHILE: Duration = Duration::from_millis(60);

/// What a pipe between the two holds.
const PIPE_BYTES: usize = 16;

fn guarded() -> (StallGuard<DuplexStream>, DuplexStream) {
    let (server, client) = duplex(PIPE_BYTES);
    (StallGuard::new(server, LIMITS), client)
}

/// How long it takes until reading fails.
async fn cut_off_after(guard: &mut StallGuard<DuplexStream>) -> Duration {
    let began = Instant::now();
    let reading = async {
        loop {
            if let Err(error) = guard.read_u8().await {
                return error.kind();
            }
        }
    };
    let failed = timeout(Duration::from_secs(10), reading).await;
    assert_eq!(failed, Ok(io::ErrorKind::TimedOut));
    began.elapsed()
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_cut_off() {
    let (mut guard, _client) = guarded();
    let written = timeout(Duration::from_secs(10), guard.write_all(&[0; 1_000])).await;
    assert_eq!(written.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn who_takes_an_answer_slowly_gets_all_of_it() {
    let (mut guard, mut client) = guarded();
    let taking = async {
        for _ in 0..10 {
            sleep(A_WHILE).await;
            client.read_exact(&mut [0; PIPE_BYTES]).await.unwrap();
        }
    };
    let answer = [0; 10 * PIPE_BYTES];
    let (written, ()) = tokio::join!(guard.write_all(&answer), taking);
    written.unwrap();
}

#[tokio::test]
async fn a_further_head_has_to_be_whole_soon_after_its_first_byte_however_it_drips() {
    let (mut guard, mut client) = guarded();
    drop(guard.turn().begin());
    let dripping = async {
        while client.write_u8(b'G').await.is_ok() {
            sleep(A_WHILE).await;
        }
    };
    let took = tokio::select! {
        took = cut_off_after(&mut guard) => took,
        () = dripping => unreachable!("the connection is not closed"),
    };
    assert!(took >= LIMITS.head && took < LIMITS.idle, "{took:?}");
}

#[tokio::test]
async fn who_asks_nothing_further_is_left_alone_until_the_connection_has_been_idle_for_too_long() {
    let (mut guard, _client) = guarded();
    drop(guard.turn().begin());
    assert!(cut_off_after(&mut guard).await >= LIMITS.idle + LIMITS.head);
}

#[tokio::test]
async fn while_a_request_is_handled_its_body_may_take_longer() {
    let (mut guard, mut client) = guarded();
    let turn = guard.turn();
    drop(turn.begin());
    let handled = turn.begin();
    for _ in 0..3 {
        client.write_u8(b'a').await.unwrap();
        guard.read_u8().await.unwrap();
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let silent = poll_fn(|context| Pin::new(&mut guard).poll_read(context, &mut buffer));
        assert!(timeout(LIMITS.head + A_WHILE, silent).await.is_err());
    }
    drop(handled);
}

#[tokio::test]
async fn an_answer_that_is_still_taken_puts_the_next_head_off() {
    let (mut guard, mut client) = guarded();
    drop(guard.turn().begin());
    client.write_u8(b'G').await.unwrap();
    guard.read_u8().await.unwrap();
    for _ in 0..6 {
        sleep(A_WHILE).await;
        guard.write_all(&[0; PIPE_BYTES]).await.unwrap();
        client.read_exact(&mut [0; PIPE_BYTES]).await.unwrap();
    }
    assert!(cut_off_after(&mut guard).await >= LIMITS.idle);
}
