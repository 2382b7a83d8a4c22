//! The live service graph: rates, layout, drawing and tables, all made on the server from the aggregators' own series.

mod curve;
mod export;
mod filter;
mod history;
mod layout;
mod model;
mod promql;
mod quantile;
mod rates;
mod report;
mod svg;
mod wording;
