//! Report `stats`: every metric of [`METRICS`] with its values, and for a distribution the quantiles of the last minute. Prometheus takes
//! the same numbers from the port for machines (`src/web.rs`). A process without a recorder shows NULL.

use crate::session::Shared;
use crate::table::ColumnType::{Float, Text};
use crate::table::{Columns, Table};
use crate::telemetry::{self, METRICS, Metric, Reading, Series};

pub(super) const STATS: Columns = &[("metric", Text), ("labels", Text), ("value", Float), ("unit", Text), ("help", Text)];

pub(super) fn stats(_: &Shared) -> Table {
    table(&telemetry::series())
}

fn table(recorded: &[Series]) -> Table {
    let mut table = Table::new(STATS);
    for metric in METRICS {
        let of_it: Vec<&Series> = recorded.iter().filter(|s| s.name == metric.name).collect();
        of_it.iter().for_each(|series| add(&mut table, metric, series));
        if of_it.is_empty() {
            row(&mut table, metric, "", None, None);
        }
    }
    table
}

/// A distribution is a series for each quantile, its sum and its count (prometheus.io, "Metric types", Summary).
fn add(table: &mut Table, metric: &Metric, series: &Series) {
    let labels = |more: Option<(&str, &str)>| {
        let own = series.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        // Quotes, backslashes and line feeds are escaped as Prometheus reads them.
        let all: Vec<String> = own.chain(more).map(|(name, value)| format!("{name}={value:?}")).collect();
        (!all.is_empty()).then(|| all.join(","))
    };
    match &series.reading {
        Reading::Number(value) => row(table, metric, "", labels(None), Some(*value)),
        Reading::Distribution { count, sum, quantiles, .. } => {
            for (quantile, value) in quantiles {
                row(table, metric, "", labels(Some(("quantile", &quantile.to_string()))), Some(*value));
            }
            row(table, metric, "_sum", labels(None), Some(*sum));
            row(table, metric, "_count", labels(None), Some(*count as f64));
        }
    }
}

fn row(table: &mut Table, metric: &Metric, suffix: &str, labels: Option<String>, value: Option<f64>) {
    let name = format!("{}{suffix}", metric.name);
    table.push(vec![name.into(), labels.into(), value.into(), metric.unit.as_str().into(), metric.help.into()]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Cell;

    #[test]
    fn every_metric_has_a_row_and_every_series_its_own() {
        let series = |name: &str, label: Option<&str>, reading| Series {
            name: name.into(),
            labels: label.map(|value| ("path".to_owned(), value.to_owned())).into_iter().collect(),
            reading,
        };
        let took = Reading::Distribution { count: 4, sum: 1.5, buckets: Vec::new(), quantiles: vec![(0.5, 0.25), (1.0, 0.75)] };
        let table = table(&[
            series("esclusa_clients", None, Reading::Number(3.0)),
            series("esclusa_statements_total", Some("cached"), Reading::Number(7.0)),
            series("esclusa_statements_total", Some("a \"b"), Reading::Number(1.0)),
            series("esclusa_rewrite_seconds", None, took),
            series("other", None, Reading::Number(1.0)),
        ]);
        let value = |name: &str, labels: Option<&str>| {
            let row = table.rows.iter().find(|r| r[0] == name.into() && r[1] == labels.into());
            row.map(|r| r[2].clone())
        };
        assert_eq!(value("esclusa_clients", None), Some(Cell::Float(3.0)));
        assert_eq!(value("esclusa_statements_total", Some("path=\"cached\"")), Some(Cell::Float(7.0)));
        assert_eq!(value("esclusa_statements_total", Some("path=\"a \\\"b\"")), Some(Cell::Float(1.0)));
        assert_eq!(value("esclusa_rewrite_seconds", Some("quantile=\"0.5\"")), Some(Cell::Float(0.25)));
        assert_eq!(value("esclusa_rewrite_seconds", Some("quantile=\"1\"")), Some(Cell::Float(0.75)));
        assert_eq!(value("esclusa_rewrite_seconds_sum", None), Some(Cell::Float(1.5)));
        assert_eq!(value("esclusa_rewrite_seconds_count", None), Some(Cell::Float(4.0)));
        assert_eq!(value("esclusa_flush_failures_total", None), Some(Cell::Null));
        assert_eq!(value("other", None), None);
        assert!(METRICS.iter().all(|m| table.rows.iter().any(|r| r[0].text().starts_with(m.name))));
    }
}
