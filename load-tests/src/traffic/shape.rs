//! What traffic looks like: how many services, how large, and how much of it goes wrong.

use clap::Args;
use serde::{Deserialize, Serialize};

/// The properties of generated traffic; the same shape gives the same traffic, byte for byte.
#[derive(Args, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Where the random numbers begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Services in the mesh, at least 2.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub services: u32,
    /// Spans of one request, about.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub spans_per_request: u32,
    /// Requests of each service in a round, about; a round is what is made once and then sent again with new ids.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub requests_per_service: u32,
    /// Encoded bytes of a span, on average and its attributes included; 340 and 600 are usual.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(200..=2_000))]
    pub span_bytes: u32,
    /// Share of calls that fail.
    #[arg(long, default_value_t = 0.01, value_parser = share)]
    pub errors: f64,
    /// Share of calls of which one half never comes.
    #[arg(long, default_value_t = 0.01, value_parser = share)]
    pub missing: f64,
    /// Share of calls of which one half comes too late to meet the other.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    pub late: f64,
    /// Share of requests that are sent a second time, as after an answer that got lost.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    pub duplicates: f64,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            seed: 1,
            services: 20,
            spans_per_request: 200,
            requests_per_service: 3,
            span_bytes: 600,
            errors: 0.01,
            missing: 0.01,
            late: 0.0,
            duplicates: 0.0,
        }
    }
}

impl Shape {
    /// How many spans a round has at least.
    #[must_use]
    pub fn spans_per_round(&self) -> usize {
        let requests = self.services as usize * self.requests_per_service as usize;
        requests * self.spans_per_request as usize
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "is not a number".to_owned())?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err("is not between 0 and 1".to_owned())
    }
}
