//! What an endpoint answered: the status that decides, and the words that are for people.

use std::time::{Duration, SystemTime};

use awc::http::StatusCode;
use awc::http::header;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use spangraph_config::RemoteUrl;
use tokio::time::{Instant, timeout_at};

use super::never::says_never;
use super::refusal_log::printable;
use super::retry::{Answered, Verdict, judge};

/// How much of a body is read so that its connection can be used again.
const BODY_BYTES: usize = 64 * 1024;

/// How much of it is looked at for what it says; stores put what is affected before the reason.
const SAID_BYTES: usize = 4 * 1024;

/// How long a body may take once the status is there. Waiting longer would hold up the series for words.
const BODY_PATIENCE: Duration = Duration::from_secs(2);

/// What stands for the words of a body that has none, or did not come in time.
const UNSAID: &str = "the answer gives no reason";

/// An endpoint's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    /// The start of the body, printable.
    pub(super) words: String,
    /// The body says that a sample will never be taken.
    pub(super) is_never: bool,
}

/// The parts of an answer that are there before its body.
pub(super) type Response<B> = awc::ClientResponse<B>;

impl Answer {
    /// Reads the answer; its body is given up when it takes too long, and by `deadline` in any case.
    pub(super) async fn read<B>(mut response: Response<B>, deadline: Instant) -> Self
    where
        B: Stream<Item = Result<Bytes, awc::error::PayloadError>> + Unpin,
    {
        let retry_after = text_of(&response, &header::RETRY_AFTER).map(str::to_owned);
        let status = response.status();
        let lead = redirect_words(&response);
        let start = read_body(&mut response, deadline).await;
        let said = [lead, printable(&start)].concat().trim().to_owned();
        Self {
            status: status.as_u16(),
            retry_after,
            words: if said.is_empty() { UNSAID.to_owned() } else { said },
            is_never: !status.is_success() && says_never(&start),
        }
    }
}

impl Answer {
    /// What it means at `now`.
    pub(super) fn verdict(&self, now: SystemTime) -> Verdict {
        let answered = Answered {
            status: self.status,
            retry_after: self.retry_after.as_deref(),
            is_never: self.is_never,
        };
        judge(answered, now)
    }
}

/// Where a redirect leads that sends the body along and is there to be followed.
pub(super) fn followable<B>(response: &Response<B>) -> Option<&str> {
    let is_followable = matches!(
        response.status(),
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    );
    text_of(response, &header::LOCATION).filter(|_| is_followable)
}

/// The start of the body. The status decides: what the body does afterwards cannot undo that samples were taken.
pub(super) async fn read_body<B>(body: &mut Response<B>, deadline: Instant) -> Vec<u8>
where
    B: Stream<Item = Result<Bytes, awc::error::PayloadError>> + Unpin,
{
    let mut start = Vec::new();
    let end = deadline.min(Instant::now() + BODY_PATIENCE);
    let _ = timeout_at(end, read_start(body, &mut start)).await;
    start
}

async fn read_start<B>(body: &mut B, start: &mut Vec<u8>)
where
    B: Stream<Item = Result<Bytes, awc::error::PayloadError>> + Unpin,
{
    let mut read = 0;
    while let Some(Ok(bytes)) = body.next().await {
        let room = SAID_BYTES.saturating_sub(start.len()).min(bytes.len());
        start.extend_from_slice(bytes.get(..room).unwrap_or_default());
        read += bytes.len();
        if read > BODY_BYTES {
            return;
        }
    }
}

/// Where an answer leads that was not followed; who reads it must know what to write as the URL.
fn redirect_words<B>(response: &Response<B>) -> String {
    let location = text_of(response, &header::LOCATION).filter(|_| response.status().is_redirection());
    location.map_or_else(String::new, |location| {
        format!(
            "redirect to {} ",
            printable(RemoteUrl::new(location).to_string().as_bytes())
        )
    })
}

fn text_of<'a, B>(response: &'a Response<B>, name: &header::HeaderName) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}
