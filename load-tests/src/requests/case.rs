//! The cases that are measured: requests of one size, sent in one way.

use std::sync::Arc;

use super::bodies::Framing;
use super::options::{Part, RequestsOptions};
use crate::drive::{Compression, Transport};
use crate::traffic::{Round, Shape};

/// Requests of one size, sent in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) part: Part,
    pub(super) framing: Framing,
    pub(super) span_bytes: u32,
    pub(super) spans_per_request: u32,
    pub(super) connections: u32,
}

/// The size of spans that are large.
const LARGE_SPAN_BYTES: u32 = 600;
/// How many spans a round has, about: as many as make it unlike a single request, and few enough for caches not to matter.
const SPANS_OF_A_ROUND: u32 = 20_000;
const SERVICES: u32 = 20;

/// The cases of the parts that `options` ask for.
pub(super) fn cases(options: &RequestsOptions) -> Vec<Case> {
    let parts = options.parts.iter();
    parts.flat_map(|part| cases_of(*part, options)).collect()
}

fn cases_of(part: Part, options: &RequestsOptions) -> Vec<Case> {
    let case = |spans_per_request| Case {
        part,
        framing: Framing {
            transport: Transport::Grpc,
            compression: Compression::None,
        },
        span_bytes: options.span_bytes,
        spans_per_request,
        connections: options.connections,
    };
    let large = Case {
        span_bytes: LARGE_SPAN_BYTES,
        ..case(200)
    };
    match part {
        Part::Sizes => {
            let transports = options.transports.iter();
            let by = |transport: &Transport| {
                let transport = *transport;
                let sizes = options.spans_per_request.iter();
                let by = sizes.map(move |spans| case(*spans).by(transport));
                by.collect::<Vec<_>>()
            };
            transports.flat_map(by).collect()
        }
        Part::Large => vec![large],
        Part::Compressed => vec![large.compressed()],
        Part::Crowd => vec![Case {
            connections: options.crowd,
            ..case(10)
        }],
        Part::Single => vec![Case {
            connections: 1,
            ..case(1_000)
        }],
        Part::Latency | Part::Idle => Vec::new(),
    }
}

impl Case {
    /// What is sent; the same for every case of this size.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn round(&self, seed: u64) -> anyhow::Result<Arc<Round>> {
        let requests = SPANS_OF_A_ROUND / SERVICES / self.spans_per_request;
        let shape = Shape {
            seed,
            services: SERVICES,
            spans_per_request: self.spans_per_request,
            requests_per_service: requests.max(2),
            span_bytes: self.span_bytes,
            ..Shape::default()
        };
        Ok(Arc::new(Round::new(&shape)?))
    }

    fn by(self, transport: Transport) -> Self {
        let framing = Framing {
            transport,
            ..self.framing
        };
        Self { framing, ..self }
    }

    fn compressed(self) -> Self {
        let framing = Framing {
            compression: Compression::Gzip,
            ..self.framing
        };
        Self { framing, ..self }
    }

    /// The same without compression.
    pub(super) fn uncompressed(self) -> Self {
        let framing = Framing {
            compression: Compression::None,
            ..self.framing
        };
        Self { framing, ..self }
    }

    /// Whether bodies are made before their time counts.
    pub(super) fn is_compressed(&self) -> bool {
        self.framing.compression != Compression::None
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: RequestsOptions,
    }

    fn options(line: &str) -> RequestsOptions {
        Line::parse_from(line.split(' ')).options
    }

    #[test]
    fn by_default_each_size_goes_by_both_transports_and_each_other_part_has_one_case() {
        let cases = cases(&options("it"));
        let sizes = cases.iter().filter(|case| case.part == Part::Sizes);
        let sizes: Vec<_> = sizes
            .map(|case| (case.framing.transport, case.spans_per_request))
            .collect();
        let spans = [2, 10, 50, 200, 1_000];
        let expected =
            [Transport::Grpc, Transport::Http].map(|transport| spans.map(|spans| (transport, spans)));
        assert_eq!(sizes, expected.concat());
        let others = cases.iter().filter(|case| case.part != Part::Sizes);
        let others: Vec<_> = others
            .map(|case| (case.part, case.connections, case.span_bytes))
            .collect();
        assert_eq!(
            others,
            [
                (Part::Large, 4, 600),
                (Part::Compressed, 4, 600),
                (Part::Crowd, 500, 338),
                (Part::Single, 1, 338),
            ]
        );
    }

    #[test]
    fn a_round_has_requests_and_spans_of_the_size_that_is_asked_for() {
        for case in cases(&options("it --parts sizes --transports grpc")) {
            let round = case.round(1).unwrap();
            let spans = round.spans() as f64 / round.templates().count() as f64;
            let bytes = round.bytes() as f64 / round.spans() as f64;
            let wanted = f64::from(case.spans_per_request);
            assert!((spans / wanted - 1.0).abs() < 0.25, "{spans} spans for {wanted}");
            assert!(
                case.spans_per_request < 50 || (bytes / 338.0 - 1.0).abs() < 0.1,
                "{bytes} bytes"
            );
        }
    }
}
