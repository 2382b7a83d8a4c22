//! The lines of a page to scrape.

use std::fmt::{self, Write};
use std::ops::Range;

use super::{ExposedSeries, ExpositionFormat};
use crate::aggregator::histograms::{Exemplar, Histograms, NativeHistograms};
use crate::aggregator::labels::LabelSet;
use crate::aggregator::series::{Family, Values, bound_texts};

/// A page that is written.
pub(super) struct Page<'a, W> {
    /// The series.
    pub(super) series: ExposedSeries<'a>,
    /// The format.
    pub(super) format: ExpositionFormat,
    /// The tenant that every series is labelled with.
    pub(super) tenant: Option<&'a str>,
    /// What is written so far.
    pub(super) out: &'a mut W,
}

/// The label of the tenant on pages of several tenants.
const TENANT_LABEL: &str = "tenant";

/// The name and labels of one line.
#[derive(Clone, Copy)]
struct Series<'a> {
    name: &'a str,
    suffix: &'a str,
    set: &'a LabelSet,
    bound: Option<&'a str>,
}

impl<W: Write> Page<'_, W> {
    /// Writes `rows` of a family.
    pub(super) fn write_family(&mut self, family: &Family, rows: Range<usize>) -> fmt::Result {
        match &family.values {
            Values::Counter(values) | Values::Gauge(values) => {
                for row in rows {
                    self.write_series(&self.series(family, row), *values.first(row))?;
                    self.out.write_char('\n')?;
                }
                Ok(())
            }
            Values::Histogram {
                classic: Some(classic),
                ..
            } => self.write_histograms(family, classic, rows),
            Values::Histogram { native, .. } => native
                .iter()
                .try_for_each(|native| self.write_natives(family, native, rows.clone())),
        }
    }

    /// Writes what a family is.
    pub(super) fn write_metadata(&mut self, family: &Family) -> fmt::Result {
        let kind = match family.values {
            Values::Counter(_) => "counter",
            Values::Gauge(_) => "gauge",
            Values::Histogram { .. } => "histogram",
        };
        // OpenMetrics names a counter without the suffix of its samples.
        let name = match (self.format, &family.values) {
            (ExpositionFormat::OpenMetrics, Values::Counter(_)) => {
                family.name.strip_suffix("_total").unwrap_or(&family.name)
            }
            _ => &family.name,
        };
        writeln!(self.out, "# HELP {name} {}\n# TYPE {name} {kind}", family.help)
    }

    fn write_histograms(
        &mut self,
        family: &Family,
        histograms: &Histograms,
        rows: Range<usize>,
    ) -> fmt::Result {
        let bounds: Vec<_> = bound_texts(histograms.bounds())
            .map(|bound| self.canonical(bound))
            .collect();
        for row in rows {
            let series = self.series(family, row);
            let buckets = bounds
                .iter()
                .zip(histograms.cumulative(row))
                .zip(histograms.exemplars(row));
            for ((bound, value), exemplar) in buckets {
                let bucket = Series {
                    suffix: "_bucket",
                    bound: Some(bound),
                    ..series
                };
                self.write_series(&bucket, value)?;
                self.write_exemplar(exemplar)?;
                self.out.write_char('\n')?;
            }
            self.write_totals(series, histograms.sum(row), histograms.count(row))?;
        }
        Ok(())
    }

    /// Writes native histograms as classic ones whose only bucket is `+Inf`: these formats have no native ones.
    #[expect(clippy::cast_precision_loss, reason = "the formats' numbers are floats")]
    fn write_natives(
        &mut self,
        family: &Family,
        natives: &NativeHistograms,
        rows: Range<usize>,
    ) -> fmt::Result {
        for row in rows {
            let (series, histogram) = (self.series(family, row), natives.histogram(row));
            let count = histogram.count() as f64;
            let bucket = Series {
                suffix: "_bucket",
                bound: Some("+Inf"),
                ..series
            };
            self.write_series(&bucket, count)?;
            self.out.write_char('\n')?;
            self.write_totals(series, histogram.sum(), count)?;
        }
        Ok(())
    }

    fn write_totals(&mut self, series: Series<'_>, sum: f64, count: f64) -> fmt::Result {
        for (suffix, value) in [("_sum", sum), ("_count", count)] {
            self.write_series(&Series { suffix, ..series }, value)?;
            self.out.write_char('\n')?;
        }
        Ok(())
    }

    fn write_series(&mut self, series: &Series<'_>, value: f64) -> fmt::Result {
        write!(self.out, "{}{}", series.name, series.suffix)?;
        let mut separator = '{';
        if let Some(tenant) = self.tenant {
            self.out.write_char(separator)?;
            self.write_label(TENANT_LABEL, tenant)?;
            separator = ',';
        }
        for (name, value) in series.set.labels.pairs() {
            self.out.write_char(separator)?;
            if self.tenant.is_some() && collides(name) {
                self.out.write_str("exported_")?;
            }
            self.write_label(name, value)?;
            separator = ',';
        }
        if let Some(bound) = series.bound {
            self.out.write_char(separator)?;
            self.write_label("le", bound)?;
            separator = ',';
        }
        if separator == ',' {
            self.out.write_char('}')?;
        }
        self.out.write_char(' ')?;
        self.write_number(value)
    }

    /// Writes ` # {traceID="…"} value seconds` after a bucket; only OpenMetrics knows exemplars.
    fn write_exemplar(&mut self, exemplar: &Exemplar) -> fmt::Result {
        if self.format != ExpositionFormat::OpenMetrics || !exemplar.is_some() {
            return Ok(());
        }
        self.out.write_str(" # {")?;
        self.write_label(self.series.trace_id_label_name, exemplar.trace_id(&mut [0; 32]))?;
        self.out.write_str("} ")?;
        self.write_number(exemplar.seconds())?;
        let milliseconds = exemplar.unix_milliseconds();
        write!(
            self.out,
            " {}.{:03}",
            milliseconds.div_euclid(1000),
            milliseconds.rem_euclid(1000)
        )
    }

    fn write_label(&mut self, name: &str, value: &str) -> fmt::Result {
        write_label_name(self.out, name)?;
        self.out.write_str("=\"")?;
        for character in value.chars() {
            match character {
                '\\' => self.out.write_str("\\\\")?,
                '"' => self.out.write_str("\\\"")?,
                '\n' => self.out.write_str("\\n")?,
                other => self.out.write_char(other)?,
            }
        }
        self.out.write_char('"')
    }

    fn write_number(&mut self, value: f64) -> fmt::Result {
        if value.is_infinite() {
            return self.out.write_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        }
        write!(self.out, "{value}")
    }

    fn series<'a>(&self, family: &'a Family, row: usize) -> Series<'a>
    where
        Self: 'a,
    {
        let set = self.series.sets.first(family.heads.first(row).label_set.index());
        Series {
            name: &family.name,
            suffix: "",
            set,
            bound: None,
        }
    }

    /// OpenMetrics writes whole bounds with a point.
    fn canonical(&self, bound: String) -> String {
        let is_whole = bound.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        match self.format {
            ExpositionFormat::OpenMetrics if is_whole => bound + ".0",
            _ => bound,
        }
    }
}

/// Whether a label's name is that of the tenant's label, or of one that made room for it.
fn collides(name: &str) -> bool {
    let mut rest = name;
    while let Some(shorter) = rest.strip_prefix("exported_") {
        rest = shorter;
    }
    rest == TENANT_LABEL
}

/// Writes a name that every scraper reads: remote write takes `9lives`, these formats do not.
fn write_label_name(out: &mut impl Write, name: &str) -> fmt::Result {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        out.write_char('_')?;
    }
    for character in name.chars() {
        let allowed = character.is_ascii_alphanumeric() || character == '_';
        out.write_char(if allowed { character } else { '_' })?;
    }
    Ok(())
}
