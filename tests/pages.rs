//! The status pages from outside: what every answer has in common, the JSON API, and the pages in a browser.

mod activity;
mod browser;
mod cardinality;
mod graph;
mod openapi;
mod outputs;
mod pairing;
mod protection;
mod readers;
