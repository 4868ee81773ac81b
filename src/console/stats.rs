//! SHOW STATS: every metric of [`telemetry::METRICS`] with its value. The values are read from the text that `/metrics` serves,
//! so that the two cannot differ. A metric that was never recorded, or a process without a recorder, shows NULL.

use super::command::ColumnType::{self, Float, Text};
use super::overview;
use crate::session::Shared;
use crate::table::{Cell, Table};
use crate::telemetry::{self, METRICS, Metric};

pub(super) const COLUMNS: &[(&str, ColumnType)] =
    &[("metric", Text), ("labels", Text), ("value", Float), ("unit", Text), ("help", Text)];

pub(super) fn stats(_: &Shared) -> Table {
    table(&telemetry::rendered().unwrap_or_default())
}

fn table(rendered: &str) -> Table {
    let samples: Vec<Sample<'_>> = rendered.lines().filter_map(Sample::parse).collect();
    let mut table = overview::table(COLUMNS);
    for metric in METRICS {
        let mut row = |name: &str, labels: Option<&str>, value: Option<f64>| {
            let cells: Vec<Cell> =
                vec![name.into(), labels.into(), value.into(), metric.unit.as_str().into(), metric.help.into()];
            table.push(cells);
        };
        let mut found = false;
        for sample in samples.iter().filter(|s| s.is_of(metric)) {
            row(sample.name, sample.labels, Some(sample.value));
            found = true;
        }
        if !found {
            row(metric.name, None, None);
        }
    }
    table
}

/// A line of Prometheus' text format (prometheus.io, "Exposition formats").
struct Sample<'l> {
    name: &'l str,
    labels: Option<&'l str>,
    value: f64,
}

impl<'l> Sample<'l> {
    fn parse(line: &'l str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        // Label values are quoted and may hold blanks; the value does not.
        let (series, value) = line.trim().rsplit_once(' ')?;
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, Some(labels.trim_end_matches('}'))),
            None => (series, None),
        };
        Some(Sample { name, labels, value: value.parse().ok()? })
    }

    /// A distribution is rendered as several series.
    fn is_of(&self, metric: &Metric) -> bool {
        let rest = self.name.strip_prefix(metric.name);
        rest.is_some_and(|rest| ["", "_sum", "_count", "_bucket"].contains(&rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_row_and_every_sample_its_own() {
        let rendered = "# HELP esclusa_clients x\n# TYPE esclusa_clients gauge\nesclusa_clients 3\nesclusa_clients_total 12\n\
                        esclusa_statements_total{path=\"cached\"} 7\nesclusa_statements_total{path=\"a b\"} 1\n\
                        esclusa_rewrite_seconds{quantile=\"0.5\"} 0.25\nesclusa_rewrite_seconds_count 4\n\nother 1\n";
        let table = table(rendered);
        let value = |name: &str, labels: Option<&str>| {
            let row = table.rows.iter().find(|r| r[0] == name.into() && r[1] == labels.into());
            row.map(|r| r[2].clone())
        };
        assert_eq!(value("esclusa_clients", None), Some(Cell::Float(3.0)));
        assert_eq!(value("esclusa_clients_total", None), Some(Cell::Float(12.0)));
        assert_eq!(value("esclusa_statements_total", Some("path=\"a b\"")), Some(Cell::Float(1.0)));
        assert_eq!(value("esclusa_rewrite_seconds_count", None), Some(Cell::Float(4.0)));
        assert_eq!(value("esclusa_flush_failures_total", None), Some(Cell::Null));
        assert_eq!(value("other", None), None);
        assert!(METRICS.iter().all(|m| table.rows.iter().any(|r| r[0].text().starts_with(m.name))));
    }
}
