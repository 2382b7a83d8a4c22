//! The series to scrape: live ones, written by their aggregators; durable ones, written from the images of a cut.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::task::spawn_blocking;
use actix_rt::time::timeout;
use spangraph_config::TenantId;
use thiserror::Error;
use tokio::sync::Semaphore;

use super::PipelineView;
use super::scrape_cuts::{NoDurableCut, ScrapeCuts};
use crate::aggregator::{ExposeSlice, Exposition, ExpositionFormat, RegistryImage};
use crate::tenants::Tenant;

/// How long an aggregator, or the texts before this one, are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many texts are written at one time: a large one does not keep small ones waiting, and spans have the other cores.
const WRITERS: usize = 2;

/// Why there is no text to scrape.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotExposed {
    /// An aggregator does not answer.
    #[error("the aggregator does not answer")]
    NoAnswer,
    /// Texts before this one are still being written.
    #[error("the texts of other scrapes are still being written")]
    Busy,
    /// With durable state: there is no cut on the disk that could be shown.
    #[error("what is scraped is on the disk first, and that is not so: {0}")]
    NotDurable(#[from] NoDurableCut),
}

/// Scrapes of durable series; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct DurableScrapes {
    cuts: ScrapeCuts,
    writers: Arc<Semaphore>,
}

impl PipelineView {
    /// The series of `tenant` as text to scrape, of a tenant that is not known none. With durable state they are as of a cut
    /// that is on the disk, else as they are now.
    ///
    /// # Errors
    /// When there is no answer in time, or nothing comes to the disk.
    pub async fn expose(&self, tenant: &TenantId, format: ExpositionFormat) -> Result<String, NotExposed> {
        if let Some(scrapes) = &self.scrapes {
            return scrapes.expose(tenant, format).await;
        }
        let page = Exposition::new(format);
        match self.tenants.get(tenant) {
            Some(tenant) => Ok(expose_live(&tenant, page).await?.into_page()),
            None => Ok(page.into_page()),
        }
    }

    /// The series of all tenants that have sent spans as one text to scrape, each with its `tenant` as a label. Of live series
    /// one tenant is asked after the other, so that no more is in the way at a time.
    ///
    /// # Errors
    /// As [`Self::expose`].
    pub async fn expose_all(&self, format: ExpositionFormat) -> Result<String, NotExposed> {
        if let Some(scrapes) = &self.scrapes {
            return scrapes.expose_all(format).await;
        }
        let mut pages = Vec::new();
        for tenant in self.tenants.all() {
            let page = Exposition::new(format).labelled(tenant.profile.id.clone());
            pages.push(expose_live(&tenant, page).await?);
        }
        Ok(Exposition::merge(format, &pages))
    }
}

impl DurableScrapes {
    /// Scrapes of what `cuts` hand out.
    pub(super) fn new(cuts: ScrapeCuts) -> Self {
        Self {
            cuts,
            writers: Arc::new(Semaphore::new(WRITERS)),
        }
    }

    async fn expose(&self, tenant: &TenantId, format: ExpositionFormat) -> Result<String, NotExposed> {
        let image = {
            let series = self.cuts.series().await?;
            let mut tenants = series.tenants.iter();
            let found = tenants.find(|(id, _)| id == tenant);
            found.map(|(_, image)| Arc::clone(image))
        };
        let page = Exposition::new(format);
        match image {
            Some(image) => self.write(move || Ok(write(&image, page)?.into_page())).await,
            // Its first spans came after the cut.
            None => Ok(page.into_page()),
        }
    }

    async fn expose_all(&self, format: ExpositionFormat) -> Result<String, NotExposed> {
        let series = self.cuts.series().await?;
        self.write(move || {
            let tenants = series.tenants.iter();
            let pages = tenants.map(|(id, image)| write(image, Exposition::new(format).labelled(id.clone())));
            let pages: Result<Vec<_>, _> = pages.collect();
            Ok(Exposition::merge(format, &pages?))
        })
        .await
    }

    /// Has a text written on a thread that nothing else waits for.
    async fn write<W>(&self, write: W) -> Result<String, NotExposed>
    where
        W: FnOnce() -> Result<String, fmt::Error> + Send + 'static,
    {
        let turn = timeout(PATIENCE, Arc::clone(&self.writers).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(NotExposed::Busy)?;
        let written = spawn_blocking(move || {
            let written = write();
            drop(turn);
            written
        });
        written
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(NotExposed::NoAnswer)
    }
}

fn write(image: &RegistryImage, mut page: Exposition) -> Result<Exposition, fmt::Error> {
    image.expose(&mut page)?;
    Ok(page)
}

/// Has the aggregator of `tenant` write `page`, slice by slice.
pub(super) async fn expose_live(tenant: &Tenant, mut page: Exposition) -> Result<Exposition, NotExposed> {
    while !page.is_over() {
        let slice = tenant.handles.aggregator.control().send(ExposeSlice(page));
        let slice = timeout(PATIENCE, slice).await.map_err(|_| NotExposed::NoAnswer)?;
        page = slice.ok().and_then(Result::ok).ok_or(NotExposed::NoAnswer)?;
    }
    Ok(page)
}
