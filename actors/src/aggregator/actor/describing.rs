//! What an aggregator tells those who ask: pages to scrape, the graph, and what series come from.

use actix::prelude::*;

use super::Aggregator;
use super::collecting::SLICE;
use crate::activity::Turn;
use crate::aggregator::{CardinalityDescription, Exposition, GraphDescription, SpanSetDescription};
use crate::time::Stamp;

/// Asks for a slice of a page to scrape; the next is asked for after the messages that came meanwhile.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Exposition, std::fmt::Error>")]
pub struct ExposeSlice(
    /// The page so far.
    pub Exposition,
);

/// Asks for the service graph that the series tell of.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "GraphDescription")]
pub struct DescribeGraph {
    /// When it is asked for.
    pub now: Stamp,
}

/// Asks what the tenant's series come from.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "CardinalityDescription")]
pub struct DescribeCardinality {
    /// When it is asked for.
    pub now: Stamp,
}

/// Asks for the spans of one service.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Vec<SpanSetDescription>")]
pub struct DescribeService {
    /// The label `service`.
    pub service: String,
}

impl Handler<ExposeSlice> for Aggregator {
    type Result = MessageResult<ExposeSlice>;

    fn handle(&mut self, ExposeSlice(mut page): ExposeSlice, _: &mut Self::Context) -> Self::Result {
        let _handling = self.meter.message().of(Turn::Expose);
        if self.is_removing() {
            // What it wrote now would be wrong after the next slice of that.
            return MessageResult(Ok(page));
        }
        let written = self.registry.expose_slice(&mut page, self.generation, SLICE);
        MessageResult(written.map(|()| page))
    }
}

impl Handler<DescribeGraph> for Aggregator {
    type Result = MessageResult<DescribeGraph>;

    fn handle(&mut self, DescribeGraph { now }: DescribeGraph, _: &mut Self::Context) -> Self::Result {
        let _handling = self.meter.message().of(Turn::Describe);
        let now = self.at(now).unix_milliseconds();
        MessageResult(self.registry.describe_graph(now))
    }
}

impl Handler<DescribeService> for Aggregator {
    type Result = MessageResult<DescribeService>;

    fn handle(&mut self, asked: DescribeService, _: &mut Self::Context) -> Self::Result {
        let _handling = self.meter.message().of(Turn::Describe);
        MessageResult(self.registry.describe_service(&asked.service))
    }
}

impl Handler<DescribeCardinality> for Aggregator {
    type Result = MessageResult<DescribeCardinality>;

    fn handle(&mut self, asked: DescribeCardinality, _: &mut Self::Context) -> Self::Result {
        let _handling = self.meter.message().of(Turn::Describe);
        let now = self.at(asked.now).unix_milliseconds();
        MessageResult(self.registry.describe_cardinality(now))
    }
}
