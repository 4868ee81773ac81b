//! A catalog as a CSV file that a person can read and diff: one line per column. `rules generate` writes it beside the rules, so
//! that `explain` and `check` work without a database, and so that `rules diff` can tell what has changed since.

use std::path::Path;
use std::sync::Arc;

use super::{Catalog, Column, Key, Table};
use crate::error::{Error, Fault, Faults, Result};

const HEADER: [&str; 7] = ["table", "kind", "column", "type", "not_null", "default", "keys"];

impl Catalog {
    /// As CSV. A column's keys are listed as `constraint/position/p` (primary) or `/u` (unique), separated by blanks.
    pub fn to_csv(&self) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        // Writing to a Vec cannot fail, and all records have the same length.
        let _ = out.write_record(HEADER);
        for table in self.tables.values() {
            for column in &table.columns {
                let key = |k: &Key| {
                    let at = k.columns.iter().position(|c| *c == column.name)?;
                    Some(format!("{}/{}/{}", k.name, at + 1, if k.primary { 'p' } else { 'u' }))
                };
                let keys: Vec<String> = table.keys.iter().filter_map(key).collect();
                let _ = out.write_record([
                    table.name.as_str(),
                    table.kind.encode_utf8(&mut [0; 4]),
                    &column.name,
                    &column.type_name,
                    if column.not_null { "yes" } else { "no" },
                    column.default.as_deref().unwrap_or_default(),
                    &keys.join(" "),
                ]);
            }
        }
        String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// Reads what [`Catalog::to_csv`] wrote.
    pub fn from_csv(schema: &str, file: &Path) -> Result<Catalog> {
        let text = std::fs::read_to_string(file).map_err(|e| Error::io(format!("reading {}", file.display()), e))?;
        let mut catalog = Catalog { schema: schema.to_owned(), ..Catalog::default() };
        let mut faults = Faults::default();
        for (i, record) in csv::Reader::from_reader(text.as_bytes()).records().enumerate() {
            let fault = |message: String| Fault::at(file, i + 2, message);
            match record {
                Ok(r) if r.len() == HEADER.len() => {
                    let table = catalog.tables.entry(r[0].to_owned()).or_insert_with(|| {
                        let kind = r[1].chars().next().unwrap_or('r');
                        Arc::new(Table { name: r[0].to_owned(), kind, ..Table::default() })
                    });
                    let table = Arc::make_mut(table);
                    table.columns.push(Column {
                        name: r[2].to_owned(),
                        type_name: r[3].to_owned(),
                        not_null: &r[4] == "yes",
                        default: (!r[5].is_empty()).then(|| r[5].to_owned()),
                    });
                    for key in r[6].split_whitespace() {
                        if add_to_key(table, &r[2], key).is_none() {
                            faults.push(fault(format!("`{key}` is not a key such as \"name/1/p\"")));
                        }
                    }
                }
                Ok(r) => faults.push(fault(format!("expected {} fields, found {}", HEADER.len(), r.len()))),
                Err(e) => faults.push(fault(e.to_string())),
            }
        }
        Ok(faults.or(catalog)?)
    }
}

fn add_to_key(table: &mut Table, column: &str, text: &str) -> Option<()> {
    let mut parts = text.rsplitn(3, '/');
    let (kind, position, name) = (parts.next()?, parts.next()?.parse::<usize>().ok()?, parts.next()?);
    let index = table.keys.iter().position(|k| k.name == name).unwrap_or_else(|| {
        table.keys.push(Key { name: name.to_owned(), primary: kind == "p", columns: Vec::new() });
        table.keys.len() - 1
    });
    let columns = &mut table.keys[index].columns;
    columns.resize(columns.len().max(position.checked_sub(1)? + 1), String::new());
    columns[position - 1] = column.to_owned();
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_written() {
        let column = |name: &str, default: Option<&str>| Column {
            name: name.into(),
            type_name: "numeric(5,0)".into(),
            not_null: true,
            default: default.map(str::to_owned),
        };
        let table = Table {
            name: "Mixed, \"name\"".into(),
            kind: 'r',
            columns: vec![column("a", Some("'x,y'::bpchar")), column("b", None)],
            keys: vec![Key { name: "pk/odd".into(), primary: true, columns: vec!["b".into(), "a".into()] }],
        };
        let mut catalog = Catalog { schema: "s".into(), ..Catalog::default() };
        catalog.tables.insert(table.name.clone(), Arc::new(table));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), catalog.to_csv()).unwrap();
        assert_eq!(Catalog::from_csv("s", file.path()).unwrap(), catalog);
    }
}
