//! The series as a page to scrape: Prometheus text 0.0.4 and OpenMetrics 1.0, in slices.

mod page;

use std::collections::BTreeMap;
use std::fmt;

use spangraph_config::TenantId;

use self::page::Page;
use super::labels::LabelSet;
use super::series::{Family, FamilyId, FamilyTable, SeriesStore};
use crate::tables::Column;

/// The format of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpositionFormat {
    /// Prometheus text 0.0.4: no exemplars.
    PrometheusText,
    /// OpenMetrics 1.0: with exemplars, ends with `# EOF`.
    OpenMetrics,
}

impl ExpositionFormat {
    /// The page's `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::PrometheusText => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The series that a page shows, live or frozen.
#[derive(Clone, Copy, Debug)]
pub struct ExposedSeries<'s> {
    /// The series.
    pub families: &'s FamilyTable<Family>,
    /// Their label sets, at the places that their numbers say.
    pub sets: &'s Column<LabelSet>,
    /// The label of exemplars, which are shown whether they are collected or not.
    pub trace_id_label_name: &'s str,
}

/// A page to scrape that is written in slices, and how far it has come.
///
/// Between its slices series may be updated and born; each is shown with the value that it has when its turn comes. Rows
/// move when series are removed: then the page is begun anew, and after some times its slices grow until it is written.
///
/// Each slice is a text of its own, so that none copies what was written before.
#[derive(Clone, Debug)]
pub struct Exposition {
    format: ExpositionFormat,
    /// The tenant that every series is labelled with, so that pages of several can be put together.
    tenant: Option<TenantId>,
    pieces: Vec<Piece>,
    family: FamilyId,
    row: usize,
    is_over: bool,
    basis: Option<Basis>,
    begun: u32,
}

/// What a slice wrote of one family.
#[derive(Clone, Debug, Default)]
struct Piece {
    text: String,
    /// Whether it begins with what the family is.
    is_first: bool,
}

/// What must not change while a page is written: the settings' generation, and how many series were ever removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// The generation of the tenant's settings.
    pub generation: u64,
    /// Series that were ever removed.
    pub removed: u64,
}

/// How often a page is begun before its slices grow, to twice of what they were at each further beginning.
const MOST_BEGINNINGS: u32 = 4;

impl Exposition {
    /// A page in `format` of which nothing is written.
    #[must_use]
    pub fn new(format: ExpositionFormat) -> Self {
        Self {
            format,
            tenant: None,
            pieces: Vec::new(),
            family: FamilyId::FIRST,
            row: 0,
            is_over: false,
            basis: None,
            begun: 0,
        }
    }

    /// The page with every series labelled `tenant`; a label of that name becomes `exported_tenant`, as Prometheus
    /// names what collides.
    #[must_use]
    pub fn labelled(self, tenant: TenantId) -> Self {
        Self {
            tenant: Some(tenant),
            ..self
        }
    }

    /// Whether everything is written.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// The page, whole.
    #[must_use]
    pub fn into_page(self) -> String {
        let end = end(self.format);
        let mut page = String::with_capacity(self.bytes() + end.len());
        for piece in self.pieces {
            page.push_str(&piece.text);
        }
        page.push_str(end);
        page
    }

    /// Puts the pages of several tenants together, metric by metric, as the formats want it.
    #[must_use]
    pub fn merge(format: ExpositionFormat, pages: &[Self]) -> String {
        let mut families: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for page in pages {
            let mut family = "";
            for piece in &page.pieces {
                let (head, series) = piece.split_head();
                family = head.unwrap_or(family);
                families.entry(family).or_default().push(series);
            }
        }
        let mut merged = String::with_capacity(pages.iter().map(Self::bytes).sum());
        for (head, series) in families {
            merged.push_str(head);
            series.into_iter().for_each(|series| merged.push_str(series));
        }
        merged + end(format)
    }

    /// Gets ready for a slice of a store that has this `basis`; tells how many samples it may have of `slice`.
    fn resume(&mut self, basis: Basis, slice: usize) -> usize {
        if self.basis != Some(basis) {
            self.pieces.clear();
            (self.family, self.row) = (FamilyId::FIRST, 0);
            self.basis = Some(basis);
            self.begun += 1;
        }
        let growth = self.begun.saturating_sub(MOST_BEGINNINGS).min(usize::BITS - 1);
        slice.saturating_mul(1 << growth)
    }

    fn bytes(&self) -> usize {
        self.pieces.iter().map(|piece| piece.text.len()).sum()
    }
}

impl SeriesStore {
    /// What a page shows of it.
    pub(super) fn exposed(&self) -> ExposedSeries<'_> {
        ExposedSeries {
            families: &self.families,
            sets: self.sets.table(),
            trace_id_label_name: &self.trace_id_label_name,
        }
    }
}

/// What ends a page.
fn end(format: ExpositionFormat) -> &'static str {
    match format {
        ExpositionFormat::PrometheusText => "",
        ExpositionFormat::OpenMetrics => "# EOF\n",
    }
}

impl Piece {
    /// The family's two lines of metadata, if they are in it, and its series.
    fn split_head(&self) -> (Option<&str>, &str) {
        if !self.is_first {
            return (None, &self.text);
        }
        let mut ends = self.text.match_indices('\n').map(|(at, _)| at + 1);
        let (head, series) = self.text.split_at(ends.nth(1).unwrap_or(self.text.len()));
        (Some(head), series)
    }
}

/// Goes on with `exposition` of `series`, which have this `basis`, until it is over or about so many samples are written.
///
/// # Errors
/// Never: text can always be written.
pub fn write_slice(
    series: ExposedSeries<'_>,
    exposition: &mut Exposition,
    basis: Basis,
    samples: usize,
) -> fmt::Result {
    let mut left = exposition.resume(basis, samples);
    while left > 0
        && let Some(family) = series.families.find(exposition.family)
    {
        left = left.saturating_sub(exposition.write_rows(series, family, left)?);
    }
    exposition.is_over = series.families.find(exposition.family).is_none();
    Ok(())
}

impl Exposition {
    /// Writes rows of `family` from where it is, about so many `samples`; tells how much work it was.
    fn write_rows(
        &mut self,
        series: ExposedSeries<'_>,
        family: &Family,
        samples: usize,
    ) -> Result<usize, fmt::Error> {
        let (rows, from) = (family.heads.rows(), self.row);
        let per_row = family.series_per_row().max(1);
        let to = rows.min(from.saturating_add(samples.div_ceil(per_row)));
        if rows > 0 {
            let mut piece = Piece {
                is_first: from == 0,
                ..Piece::default()
            };
            let mut page = Page {
                series,
                format: self.format,
                tenant: self.tenant.as_ref().map(TenantId::as_str),
                out: &mut piece.text,
            };
            if from == 0 {
                page.write_metadata(family)?;
            }
            page.write_family(family, from..to)?;
            self.pieces.push(piece);
        }
        if to >= rows {
            (self.family, self.row) = (self.family.next(), 0);
        } else {
            self.row = to;
        }
        Ok(1 + (to - from) * per_row)
    }
}

#[cfg(test)]
mod tests;
