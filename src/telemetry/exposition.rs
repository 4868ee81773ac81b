//! The series in Prometheus' text format (prometheus.io, "Exposition formats"), written with metrics-exporter-prometheus.

use metrics::{Key, Label};
use metrics_exporter_prometheus::LabelSet;
use metrics_exporter_prometheus::formatting::{write_help_line, write_metric_line, write_type_line};

use super::recorder::{MetricKind, Reading, Series};

/// The HTTP content type of the format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The series of these metrics, which have name, kind and help.
pub(super) fn text(metrics: impl Iterator<Item = (&'static str, MetricKind, &'static str)>, recorded: &[Series]) -> String {
    let mut out = String::with_capacity(16 * 1024);
    for (name, kind, help) in metrics {
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        // The name includes the unit.
        write_help_line(&mut out, name, None, None, help);
        write_type_line(&mut out, name, None, None, kind);
        recorded.iter().filter(|series| series.name == name).for_each(|series| write(&mut out, series));
    }
    out
}

fn write(out: &mut String, series: &Series) {
    let label = |(name, value): &(String, String)| Label::new(name.clone(), value.clone());
    let labels: Vec<Label> = series.labels.iter().map(label).collect();
    let labels = LabelSet::from_key_and_global(&Key::from_parts(series.name.clone(), labels), &Default::default());
    let mut line = |suffix, bound: Option<&str>, value: f64| {
        write_metric_line(out, &series.name, suffix, &labels, bound.map(|bound| ("le", bound)), value, None);
    };
    match &series.reading {
        Reading::Number(value) => line(None, None, *value),
        Reading::Distribution { count, sum, buckets, .. } => {
            buckets.iter().for_each(|(bound, reached)| line(Some("bucket"), Some(&bound.to_string()), *reached as f64));
            line(Some("bucket"), Some("+Inf"), *count as f64);
            line(Some("sum"), None, *sum);
            line(Some("count"), None, *count as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_lines_under_their_help_and_type() {
        let labels = vec![("path".to_owned(), "a \"b\n".to_owned())];
        let took = Reading::Distribution { count: 3, sum: 0.75, buckets: vec![(0.25, 1), (2.5, 3)], quantiles: Vec::new() };
        let recorded = [
            Series { name: "esclusa_clients".into(), labels: Vec::new(), reading: Reading::Number(3.0) },
            Series { name: "esclusa_statements_total".into(), labels, reading: Reading::Number(7.0) },
            Series { name: "esclusa_rewrite_seconds".into(), labels: Vec::new(), reading: took },
        ];
        let metrics = [
            ("esclusa_clients", MetricKind::Gauge, "Clients connected now."),
            ("esclusa_statements_total", MetricKind::Counter, "Statements."),
            ("esclusa_rewrite_seconds", MetricKind::Histogram, "Time."),
        ];
        let text = text(metrics.into_iter(), &recorded);
        for expected in [
            "# HELP esclusa_clients Clients connected now.\n# TYPE esclusa_clients gauge\nesclusa_clients 3\n",
            "# TYPE esclusa_statements_total counter\nesclusa_statements_total{path=\"a \\\"b\\n\"} 7\n",
            "# TYPE esclusa_rewrite_seconds histogram\nesclusa_rewrite_seconds_bucket{le=\"0.25\"} 1\nesclusa_rewrite_seconds_bucket{le=\"2.5\"} 3\n\
             esclusa_rewrite_seconds_bucket{le=\"+Inf\"} 3\nesclusa_rewrite_seconds_sum 0.75\nesclusa_rewrite_seconds_count 3\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }
}
