//! The live service graph: rates, layout, drawing and tables, all made on the server from the aggregators' own series.

pub mod filter;
pub mod history;
pub mod layout;
pub mod model;
pub mod promql;
pub mod quantile;
pub mod rates;
