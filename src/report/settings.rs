//! Reports `config` and `version`: what is running here.

use crate::session::Shared;
use crate::table::ColumnType::{Bool, Text};
use crate::table::{Columns, Table};

pub(super) const CONFIG: Columns = &[("key", Text), ("value", Text), ("default", Text), ("restart", Bool), ("help", Text)];

pub(super) const VERSION: Columns = &[("version", Text)];

pub(super) fn config(shared: &Shared) -> Table {
    let mut table = Table::new(CONFIG);
    for (key, value) in shared.settings.load().shown() {
        let name = format!("{}.{}", key.section, key.name);
        table.push(vec![name.into(), value.into(), key.default.into(), key.restart.into(), key.help.trim().into()]);
    }
    table
}

pub(super) fn version(_: &Shared) -> Table {
    let mut table = Table::new(VERSION);
    table.push(vec![concat!("esclusa ", env!("CARGO_PKG_VERSION")).into()]);
    table
}
