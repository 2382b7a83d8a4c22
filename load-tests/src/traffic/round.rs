//! A round of traffic: requests of all services that are made once, sent in an order, and sent again with new ids.

use std::time::Duration;

use fastrand::Rng;

use super::mesh::Mesh;
use super::model::Call;
use super::packing::Packer;
use super::request::Request;
use super::shape::Shape;
use super::story::Story;
use super::template::Template;

/// What is sent again and again, and what is to come of it.
#[derive(Debug)]
pub struct Round {
    requests: Vec<Request>,
    deliveries: Vec<Delivery>,
    pub(super) calls: Vec<Call>,
    tenants: u64,
}

/// One sending of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The position of the request in the round.
    pub request: usize,
    /// How many delays later than the round it is sent: 0, 1 for late halves, 2 for duplicates.
    pub delays: u32,
}

/// What became of the deliveries of one round; not sent is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundAnswers {
    accepted: Vec<bool>,
}

/// Which sendings of a request were accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    /// The first one.
    pub first: bool,
    /// The duplicate.
    pub again: bool,
}

impl Round {
    /// Makes the traffic of `shape`.
    ///
    /// # Errors
    /// When a request cannot be encoded, as when it is far too large.
    pub fn new(shape: &Shape) -> anyhow::Result<Self> {
        let mut rng = Rng::with_seed(shape.seed);
        let mesh = Mesh::new(shape.services as usize, &mut rng);
        let mut packer = Packer::new(&mesh, shape);
        while packer.spans() < shape.spans_per_round() {
            packer.add(Story::tell(&mesh, shape, &mut rng), &mut rng);
        }
        let (requests, calls) = packer.pack()?;
        Ok(Self {
            deliveries: deliveries(&requests, shape, &mut rng),
            requests,
            calls,
            tenants: 0,
        })
    }

    /// A round of requests that were made elsewhere, in this order; nothing is known of their outcome.
    #[must_use]
    pub fn replaying(templates: Vec<Template>) -> Self {
        let request = |template| Request {
            template,
            is_late: false,
            span_sets: Vec::new(),
        };
        let requests: Vec<_> = templates.into_iter().map(request).collect();
        let delivery = |request| Delivery { request, delays: 0 };
        Self {
            deliveries: (0..requests.len()).map(delivery).collect(),
            requests,
            calls: Vec::new(),
            tenants: 0,
        }
    }

    /// The same round, of which each sending is another tenant's, so many in turn, whatever the target says.
    #[must_use]
    pub fn by_tenants(self, tenants: u64) -> Self {
        Self { tenants, ..self }
    }

    /// The tenant as which the round with this number is sent, when the target is not to say it.
    #[must_use]
    pub fn tenant(&self, number: u64) -> Option<String> {
        let turn = number.checked_rem(self.tenants)?;
        Some(format!("tenant-{turn:04}"))
    }

    /// The sendings in their order: at once, after one delay, after two.
    #[must_use]
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// The template of a request.
    #[must_use]
    pub fn template(&self, request: usize) -> Option<&Template> {
        self.requests.get(request).map(|request| &request.template)
    }

    /// All templates.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.requests.iter().map(|request| &request.template)
    }

    /// The spans of all requests, each counted once.
    #[must_use]
    pub fn spans(&self) -> u64 {
        self.templates().map(Template::spans).sum()
    }

    /// The bytes of all requests, each counted once.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.templates().map(Template::len).sum()
    }

    pub(super) fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter()
    }

    /// What `answers` say of each request.
    pub(super) fn acceptances(&self, answers: &RoundAnswers) -> Vec<Acceptance> {
        let mut acceptances = vec![Acceptance::default(); self.requests.len()];
        for (delivery, accepted) in self.deliveries.iter().zip(&answers.accepted) {
            if let Some(acceptance) = acceptances.get_mut(delivery.request) {
                match delivery.delays {
                    2 => acceptance.again = *accepted,
                    _ => acceptance.first = *accepted,
                }
            }
        }
        acceptances
    }
}

impl Delivery {
    /// How long after the round began it is sent, when halves are late by `late_by`.
    #[must_use]
    pub fn delay(&self, late_by: Duration) -> Duration {
        late_by * self.delays
    }
}

impl RoundAnswers {
    /// Nothing of `round` was accepted yet.
    #[must_use]
    pub fn none(round: &Round) -> Self {
        Self {
            accepted: vec![false; round.deliveries.len()],
        }
    }

    /// All of `round` was accepted.
    #[must_use]
    pub fn all(round: &Round) -> Self {
        Self {
            accepted: vec![true; round.deliveries.len()],
        }
    }

    /// The delivery at `position` was accepted.
    pub fn accept(&mut self, position: usize) {
        if let Some(accepted) = self.accepted.get_mut(position) {
            *accepted = true;
        }
    }

    /// Whether every delivery was accepted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.accepted.iter().all(|accepted| *accepted)
    }
}

/// Requests in time in any order, then the late ones, then the duplicates.
fn deliveries(requests: &[Request], shape: &Shape, rng: &mut Rng) -> Vec<Delivery> {
    let delivery = |request, delays| Delivery { request, delays };
    let (late, in_time): (Vec<_>, Vec<_>) = (0..requests.len())
        .partition(|position| requests.get(*position).is_some_and(|request| request.is_late));
    let mut deliveries: Vec<_> = in_time.iter().map(|request| delivery(*request, 0)).collect();
    rng.shuffle(&mut deliveries);
    deliveries.extend(late.iter().map(|request| delivery(*request, 1)));
    let again = in_time.iter().filter(|_| rng.f64() < shape.duplicates);
    deliveries.extend(again.map(|request| delivery(*request, 2)));
    deliveries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(shape: &Shape) -> Round {
        Round::new(shape).expect("round is made")
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_in_the_same_order_and_another_seed_others() {
        let bytes = |seed| {
            let round = round(&Shape {
                seed,
                services: 4,
                duplicates: 0.2,
                late: 0.1,
                ..Shape::default()
            });
            let bytes: Vec<_> = round
                .templates()
                .map(|template| template.bytes().to_vec())
                .collect();
            (bytes, round.deliveries().to_vec())
        };
        assert!(bytes(1) == bytes(1));
        assert!(bytes(1) != bytes(2));
    }

    #[test]
    fn spans_are_about_as_large_as_asked_for() {
        for span_bytes in [340, 600] {
            let round = round(&Shape {
                span_bytes,
                ..Shape::default()
            });
            let mean = round.bytes() / usize::try_from(round.spans()).unwrap();
            let wanted = usize::try_from(span_bytes).unwrap();
            assert!(
                mean.abs_diff(wanted) * 20 <= wanted,
                "{mean} bytes a span instead of {wanted}"
            );
        }
    }

    #[test]
    fn a_request_has_about_as_many_spans_as_asked_for() {
        let round = round(&Shape::default());
        let mean = round.spans() / u64::try_from(round.templates().count()).unwrap();
        assert!((170..=230).contains(&mean), "{mean} spans a request");
    }

    #[test]
    fn tenants_take_turns_round_by_round_when_there_are_any() {
        let round = Round::replaying(Vec::new());
        assert_eq!(round.tenant(1), None);
        let round = round.by_tenants(2);
        let tenants: Vec<_> = (0..3).filter_map(|number| round.tenant(number)).collect();
        assert_eq!(tenants, ["tenant-0000", "tenant-0001", "tenant-0000"]);
    }

    #[test]
    fn late_requests_and_duplicates_are_sent_after_the_others() {
        let round = round(&Shape {
            late: 0.2,
            duplicates: 0.5,
            ..Shape::default()
        });
        let delays: Vec<_> = round
            .deliveries()
            .iter()
            .map(|delivery| delivery.delays)
            .collect();
        assert!(delays.is_sorted());
        assert!([0, 1, 2].iter().all(|delay| delays.contains(delay)), "{delays:?}");
    }
}
