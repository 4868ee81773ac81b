//! Durations in logarithmic classes, which can be added: those of two proxies, or of all hours of a month, are one distribution.
//!
//! Class n holds durations from 1.1^n microseconds to below 1.1^(n+1); quantiles are right within 5 %. 256 classes reach ten hours.

/// The number of classes.
pub const CLASSES: usize = 256;

/// The number of a class.
pub type Class = u8;

/// The class of a duration in microseconds.
pub fn class(us: u64) -> Class {
    let n = (us.max(1) as f64).ln() / 1.1_f64.ln();
    // For an exact power the logarithm may be slightly too small.
    (n + 1e-9).floor().min((CLASSES - 1) as f64) as Class
}

/// The middle of a class, in milliseconds.
pub fn middle_ms(class: Class) -> f64 {
    1.1_f64.powf(f64::from(class) + 0.5) / 1000.0
}

/// The quantile `q` (0 to 1) of a distribution, in milliseconds: classes in ascending order with their numbers. `None` when it is
/// empty.
pub fn quantile_ms(classes: &[(Class, u64)], q: f64) -> Option<f64> {
    let total: u64 = classes.iter().map(|(_, count)| count).sum();
    let rank = ((total as f64 * q).ceil() as u64).clamp(1, total.max(1));
    let mut below = 0;
    classes.iter().find_map(|(class, count)| {
        below += count;
        (below >= rank).then(|| middle_ms(*class))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_a_tenth_wide() {
        assert_eq!([0, 1, 2, 1_000_000, u64::MAX].map(class), [0, 0, 7, 144, 255]);
        for us in [3_u64, 10, 999, 52_341, 7_000_000, 30_000_000_000] {
            let middle = middle_ms(class(us)) * 1000.0;
            assert!((middle / us as f64 - 1.0).abs() < 0.05 + 1.0 / us as f64, "{us} is told as {middle}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_durations() {
        let mut classes = std::collections::BTreeMap::new();
        (1..=1000_u64).for_each(|ms| *classes.entry(class(ms * 1000)).or_insert(0) += 1);
        let classes: Vec<(Class, u64)> = classes.into_iter().collect();
        for (q, ms) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0), (0.0, 1.0), (1.0, 1000.0)] {
            let told = quantile_ms(&classes, q).unwrap();
            assert!((told / ms - 1.0).abs() < 0.06, "{q}: {told}");
        }
        assert_eq!(quantile_ms(&[], 0.5), None);
    }
}
