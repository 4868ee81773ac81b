//! Timestamps in conditions: odd ones, in every spelling, of years before and after those of the data.

pub(super) const STAMPS: [&str; 11] = [
    "2015-06-01 12:00:00",
    "2012-06-30 23:59:59.999",
    "2019-04-07 02:30:00",
    "2020-02-29",
    "1999-12-31 00:00:00",
    "infinity",
    "2026-01-01 00:00:00.5",
    "-infinity",
    "2038-01-19 03:14:07.999999",
    "9999-12-31 23:59:59",
    "0044-03-15 12:00:00 BC",
];
