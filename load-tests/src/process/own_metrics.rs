//! What a server under test says of itself.

use spangraph_test_support::exposition::Scrape;

use super::server::Server;
use crate::drive::get;

impl Server {
    /// Its own metrics, as they are now.
    ///
    /// # Errors
    /// When they cannot be had or read.
    pub async fn own_metrics(&self) -> anyhow::Result<Scrape> {
        Ok(Scrape::parse(&get(self.pages(), "/metrics").await?)?)
    }
}
