//! The parameters of PostgreSQL that clients ask for or are told at log-in. None of them has an effect here.

/// The version that the console reports. Clients decide by the number before the space which features they may use.
pub(super) const SERVER_VERSION: &str = concat!("15.0 (esclusa ", env!("CARGO_PKG_VERSION"), ")");

/// Parameters that SHOW and current_setting know. Those marked are reported at log-in (manual, section 55.2.7).
pub(super) const PARAMETERS: &[(&str, &str, bool)] = &[
    ("server_version", SERVER_VERSION, true),
    ("server_encoding", "UTF8", true),
    ("client_encoding", "UTF8", true),
    ("DateStyle", "ISO, MDY", true),
    ("IntervalStyle", "postgres", true),
    ("TimeZone", "UTC", true),
    ("integer_datetimes", "on", true),
    ("standard_conforming_strings", "on", true),
    ("is_superuser", "off", true),
    ("in_hot_standby", "off", true),
    ("default_transaction_read_only", "off", true),
    ("server_version_num", "150000", false),
    ("transaction_isolation", "read committed", false),
    ("default_transaction_isolation", "read committed", false),
    ("transaction_read_only", "off", false),
    ("search_path", "public", false),
    ("extra_float_digits", "1", false),
    ("bytea_output", "hex", false),
    ("max_identifier_length", "63", false),
    ("statement_timeout", "0", false),
    ("lc_collate", "C", false),
    ("lc_ctype", "C", false),
];
