//! The series as a page to scrape: Prometheus text 0.0.4 and OpenMetrics 1.0.

use std::fmt::{self, Write};

use super::exemplar::Exemplar;
use super::family::{Family, Values, bound_texts};
use super::histogram::Histograms;
use super::label_sets::LabelSet;
use super::native_histograms::NativeHistograms;
use super::series_store::SeriesStore;

/// The format of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Writes all series of `store`.
///
/// # Errors
/// When `out` fails.
pub fn write(store: &SeriesStore, format: ExpositionFormat, out: &mut impl Write) -> fmt::Result {
    let mut page = Page { store, format, out };
    for family in &store.families {
        page.write_family(family)?;
    }
    match format {
        ExpositionFormat::PrometheusText => Ok(()),
        ExpositionFormat::OpenMetrics => page.out.write_str("# EOF\n"),
    }
}

struct Page<'a, W> {
    store: &'a SeriesStore,
    format: ExpositionFormat,
    out: &'a mut W,
}

/// The name and labels of one line.
#[derive(Clone, Copy)]
struct Series<'a> {
    name: &'a str,
    suffix: &'a str,
    set: &'a LabelSet,
    bound: Option<&'a str>,
}

impl<W: Write> Page<'_, W> {
    fn write_family(&mut self, family: &Family) -> fmt::Result {
        if family.heads.rows() == 0 {
            return Ok(());
        }
        self.write_metadata(family)?;
        match &family.values {
            Values::Counter(values) | Values::Gauge(values) => {
                for row in 0..family.heads.rows() {
                    self.write_series(&self.series(family, row), *values.first(row))?;
                    self.out.write_char('\n')?;
                }
                Ok(())
            }
            Values::Histogram {
                classic: Some(classic),
                ..
            } => self.write_histograms(family, classic),
            Values::Histogram { native, .. } => native
                .iter()
                .try_for_each(|native| self.write_natives(family, native)),
        }
    }

    fn write_metadata(&mut self, family: &Family) -> fmt::Result {
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

    fn write_histograms(&mut self, family: &Family, histograms: &Histograms) -> fmt::Result {
        let bounds: Vec<_> = bound_texts(histograms.bounds())
            .map(|bound| self.canonical(bound))
            .collect();
        for row in 0..family.heads.rows() {
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
    fn write_natives(&mut self, family: &Family, natives: &NativeHistograms) -> fmt::Result {
        for row in 0..family.heads.rows() {
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
        for (name, value) in series.set.labels.pairs() {
            self.out.write_char(separator)?;
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
        self.write_label(&self.store.trace_id_label_name, exemplar.trace_id(&mut [0; 32]))?;
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
        let set = self.store.sets.get(family.heads.first(row).label_set);
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

#[cfg(test)]
mod tests;
