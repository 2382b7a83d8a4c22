//! What a server under test says of itself.

use super::server::Server;
use crate::drive::get;
use crate::verify::Scrape;

impl Server {
    /// Its own metrics, as they are now.
    ///
    /// # Errors
    /// When they cannot be had or read.
    pub async fn own_metrics(&self) -> anyhow::Result<Scrape> {
        Scrape::parse(&get(self.pages(), "/metrics").await?)
    }
}
