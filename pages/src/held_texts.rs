//! Large answers: written in slices of one text that readers share, of which only so many are held at one time.
//!
//! actix copies what it is given into the buffer of the connection. A reader that does not read would hold a copy of its
//! own, of any size.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::RETRY_AFTER;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use bytes::Bytes;

use crate::{PLAIN_TEXT, PagesContent};

/// What is given to a connection at one time, in bytes; answers that are no larger are copied whole.
const SLICE_BYTES: usize = 64 * 1024;

/// How many bytes all texts together may have before no further one is held.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// So many texts may be held whatever they have: of a server with series that fill more, it takes a few to serve its
/// scrapers.
const ALWAYS_HELD: usize = 4;

/// When who is refused may come again, in seconds: readers that do not read are cut off after 30.
const RETRY_AFTER_SECONDS: u32 = 10;

/// Counts the large texts that readers have not taken whole yet; clones share the count.
#[derive(Clone, Debug, Default)]
pub struct HeldTexts(Arc<Mutex<Held>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    texts: usize,
    bytes: usize,
}

/// Too many texts are held already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "readers have not taken {texts} answers of {bytes} bytes yet, and no more is held for them; come again"
)]
pub struct TooManyHeld {
    texts: usize,
    bytes: usize,
}

/// A text that is counted for as long as a part of it is there.
struct HeldText {
    text: Bytes,
    texts: HeldTexts,
}

/// A body that is given away by slices, none of which is copied before its turn.
#[derive(Debug)]
pub struct SlicedBody(Bytes);

impl HeldTexts {
    /// Whether a further text may be held.
    ///
    /// # Errors
    /// When there are too many.
    pub fn check(&self) -> Result<(), TooManyHeld> {
        self.with(|held| held.check())
    }

    /// Counts `text` for as long as there is a clone or a slice of what is returned.
    ///
    /// # Errors
    /// When there are too many texts.
    pub fn hold(&self, text: Bytes) -> Result<Bytes, TooManyHeld> {
        self.with(|held| {
            held.check()?;
            held.texts += 1;
            held.bytes = held.bytes.saturating_add(text.len());
            Ok(())
        })?;
        let texts = self.clone();
        Ok(Bytes::from_owner(HeldText { text, texts }))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Held) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Held {
    fn check(self) -> Result<(), TooManyHeld> {
        let Self { texts, bytes } = self;
        if bytes >= MOST_BYTES && texts >= ALWAYS_HELD {
            return Err(TooManyHeld { texts, bytes });
        }
        Ok(())
    }
}

impl AsRef<[u8]> for HeldText {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

impl Drop for HeldText {
    fn drop(&mut self) {
        self.texts.with(|held| {
            held.texts -= 1;
            held.bytes -= self.text.len();
        });
    }
}

impl SlicedBody {
    /// A body of `text`, which readers may share.
    pub fn new(text: Bytes) -> Self {
        Self(text)
    }
}

impl MessageBody for SlicedBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(u64::try_from(self.0.len()).unwrap_or(u64::MAX))
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let next = self.0.len().min(SLICE_BYTES);
        let slice = (next > 0).then(|| Ok(self.0.split_to(next)));
        Poll::Ready(slice)
    }
}

/// Has the large answers of all pages held and written in slices.
pub async fn slice_large(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let content = request.app_data::<web::Data<PagesContent>>();
    let texts = content.map(|content| content.texts.clone()).unwrap_or_default();
    let response = next.call(request).await?.map_into_boxed_body();
    let (request, response) = response.into_parts();
    Ok(ServiceResponse::new(request, sliced(response, &texts)))
}

/// `response`, its body held in `texts` and written in slices if it is large.
fn sliced(response: HttpResponse, texts: &HeldTexts) -> HttpResponse {
    let (head, body) = response.into_parts();
    match body.try_into_bytes() {
        Ok(bytes) if bytes.len() > SLICE_BYTES => match texts.hold(bytes) {
            Ok(text) => head.set_body(BoxBody::new(SlicedBody::new(text))),
            Err(too_many) => refuse(too_many),
        },
        Ok(bytes) => head.set_body(BoxBody::new(bytes)),
        Err(body) => head.set_body(body),
    }
}

/// 503, with when to come again.
pub fn refuse(too_many: TooManyHeld) -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .content_type(PLAIN_TEXT)
        .insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))
        .body(format!("{too_many}\n"))
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    fn text(bytes: usize) -> Bytes {
        Bytes::from(vec![b'a'; bytes])
    }

    #[test]
    fn no_further_text_is_held_when_there_are_many_bytes_until_the_last_slice_of_one_is_gone() {
        let texts = HeldTexts::default();
        let mut held: Vec<_> = (0..ALWAYS_HELD)
            .map(|_| texts.hold(text(MOST_BYTES / ALWAYS_HELD)).unwrap())
            .collect();
        assert!(texts.check().is_err() && texts.hold(text(1)).is_err());
        let mut first = held.remove(0);
        let slice = first.split_to(10);
        drop(first);
        assert!(texts.check().is_err(), "a slice keeps the text");
        drop(slice);
        assert_eq!(texts.check(), Ok(()));
        drop(held);
        assert_eq!(texts.with(|held| *held), Held::default());
    }

    #[test]
    fn a_few_texts_are_held_however_large_and_many_small_ones() {
        let huge = |texts| Held {
            texts,
            bytes: usize::MAX,
        };
        assert_eq!(huge(ALWAYS_HELD - 1).check(), Ok(()));
        let refused = huge(ALWAYS_HELD).check().unwrap_err().to_string();
        assert!(refused.contains("4 answers"), "{refused}");
        let small = Held {
            texts: 1_000,
            bytes: MOST_BYTES - 1,
        };
        assert_eq!(small.check(), Ok(()));
    }

    #[actix_web::test]
    async fn a_body_is_the_whole_text_in_slices_that_are_no_copies() {
        let whole = Bytes::from_iter((0..=u8::MAX).cycle().take(3 * SLICE_BYTES + 7));
        let mut body = SlicedBody::new(whole.clone());
        let first = std::future::poll_fn(|context| Pin::new(&mut body).poll_next(context)).await;
        let first = first.unwrap().unwrap();
        assert_eq!((first.len(), first.as_ptr()), (SLICE_BYTES, whole.as_ptr()));
        let rest = to_bytes(body).await.unwrap();
        assert_eq!([first, rest].concat(), whole);
    }

    #[actix_web::test]
    async fn a_large_page_is_held_until_it_is_taken_and_refused_when_too_many_are() {
        let texts = HeldTexts::default();
        let page = || HttpResponse::Ok().body(text(MOST_BYTES / ALWAYS_HELD));
        let mut held: Vec<_> = (0..ALWAYS_HELD).map(|_| sliced(page(), &texts)).collect();
        assert!(held.iter().all(|answer| answer.status() == 200));
        let refused = sliced(page(), &texts);
        assert_eq!(
            (
                refused.status().as_u16(),
                refused.headers().contains_key(RETRY_AFTER)
            ),
            (503, true)
        );
        let small = sliced(HttpResponse::Ok().body(text(SLICE_BYTES)), &texts);
        assert_eq!(small.status(), 200);
        let taken = to_bytes(held.remove(0).into_body()).await.unwrap();
        assert_eq!(taken.len(), MOST_BYTES / ALWAYS_HELD);
        assert_eq!(sliced(page(), &texts).status(), 200);
    }
}
