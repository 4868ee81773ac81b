//! Faults of rules: within one file, between files, and against the catalog. Each with file and line.

use std::collections::HashMap;

use super::{Rule, RuleSet};
use crate::catalog::Catalog;
use crate::error::{Fault, Faults};

/// Finds names in a rule that are no columns of its table, columns that are named twice, and missing keys.
pub fn within(rule: &Rule, faults: &mut Faults) {
    let mut seen = HashMap::new();
    for column in &rule.columns {
        if let Some(line) = seen.insert(column.column.name.as_str(), column.line) {
            let message = format!("column {} was named in line {line} already", column.column.name);
            faults.push(rule.origin.fault_at(column.line, message));
        }
    }
    if rule.columns.is_empty() && !rule.table.is_empty() {
        faults.push(rule.fault("columns", "a rule needs the table's columns"));
    }
    let kind = rule.target.kind();
    let own = [("key.columns", &rule.key.columns), ("key.primary", &rule.key.primary)]
        .map(|(key, columns)| (key.to_owned(), columns.iter().map(String::as_str).collect()));
    let of_kind = kind.fields().into_iter().map(|(key, field)| (format!("target.{key}"), field.columns()));
    for (key, columns) in own.into_iter().chain(of_kind) {
        for column in columns.iter().filter(|c| rule.position(c).is_none()) {
            faults.push(rule.fault(&key, format!("{key}: table {} has no column {column}", rule.table)));
        }
    }
    if !rule.target.stays() && rule.key.columns.is_empty() {
        faults.push(rule.fault("key.columns", format!("table {} has no key.columns", rule.table)));
    }
    kind.check(&rule.columns, &rule.key, &rule.origin, faults);
}

/// Two look-ups of one domain, or two links of one type: their tables, and the fault.
pub fn between(set: &RuleSet) -> Vec<(Vec<String>, Fault)> {
    let mut owners: HashMap<String, &Rule> = HashMap::new();
    let mut found = Vec::new();
    for rule in set.rules.values() {
        let Some((name, key)) = rule.target.kind().claim() else { continue };
        if let Some(other) = owners.get(&name) {
            let fault = rule.fault(key, format!("{name} belongs to table {} already", other.table));
            found.push((vec![rule.table.clone(), other.table.clone()], fault));
        } else {
            owners.insert(name, rule);
        }
    }
    found
}

/// Names in `calendar.regulatory` without a rule: the table that was meant would lack its protection, and be reported as free to go
/// too soon.
pub fn regulatory(set: &RuleSet, named: &[String], faults: &mut Faults) {
    for name in named.iter().filter(|name| !set.rules.contains_key(*name) && !set.faulty.contains_key(*name)) {
        let fault = Fault::general(format!("calendar.regulatory: there is no rule for a table `{name}`"));
        faults.push(fault.hint("write the legacy table's name as `esclusa rules list` has it, or take it out"));
    }
}

/// Tables that are in none of the catalogs: neither in the present schema nor in the snapshot from before the migration.
pub fn unknown_tables(set: &RuleSet, catalogs: &[&Catalog], faults: &mut Faults) {
    let known = |table: &str| catalogs.iter().any(|c| c.tables.contains_key(table));
    for rule in set.rules.values().filter(|r| !known(&r.table)) {
        faults.push(rule.fault("table", format!("no catalog has a table {}", rule.table)));
    }
}

/// Checks rules against the present schema. A table that is gone, or has become a view, was migrated: there is nothing to compare.
pub fn against(set: &RuleSet, catalog: &Catalog) -> Faults {
    let mut faults = Faults::default();
    for rule in set.rules.values() {
        faults.extend(against_table(rule, catalog));
        if let Some(base) = rule.target.kind().base()
            && !catalog.tables.is_empty()
        {
            base_against(rule, base, set, catalog, &mut faults);
        }
    }
    faults
}

/// Checks one rule against its own table, but not against its base.
pub fn against_table(rule: &Rule, catalog: &Catalog) -> Faults {
    let mut faults = Faults::default();
    if let Some(table) = catalog.tables.get(&rule.table).filter(|t| t.kind == 'r') {
        table_against(rule, table, &mut faults);
    }
    faults
}

fn table_against(rule: &Rule, table: &crate::catalog::Table, faults: &mut Faults) {
    for column in &rule.columns {
        let at = |message: String| rule.origin.fault_at(column.line, message);
        let c = &column.column;
        match table.column(&c.name) {
            None => faults.push(at(format!("the catalog's table {} has no column {}", rule.table, c.name))),
            Some(real) => {
                if real.type_name != c.type_name {
                    faults.push(at(format!("column {} is {} in the catalog, not {}", c.name, real.type_name, c.type_name)));
                }
                if real.not_null != c.not_null {
                    let says = if real.not_null { "NOT NULL" } else { "nullable" };
                    faults.push(at(format!("column {} is {says} in the catalog", c.name)));
                }
                if real.default != c.default {
                    let says = real.default.as_deref().unwrap_or("none");
                    faults.push(at(format!("the catalog's default of column {} is {says}", c.name)));
                }
            }
        }
    }
    let own = |name: &str| rule.target.stays() && name.starts_with("hst_");
    for real in table.columns.iter().filter(|c| rule.position(&c.name).is_none() && !own(&c.name)) {
        let fault =
            rule.fault("columns", format!("the catalog's table {} has a column {} that the rule lacks", rule.table, real.name));
        faults.push(fault.hint("run `esclusa rules generate` again, or add the column"));
    }
    let order = |name: &str| table.columns.iter().position(|c| c.name == name);
    let order: Vec<_> = rule.columns.iter().filter_map(|c| order(&c.column.name)).collect();
    if !order.is_sorted() {
        faults.push(rule.fault("columns", format!("the columns of {} stand in another order in the catalog", rule.table)));
    }
    if rule.key.basis == "constraint" && table.key_over(&rule.key.columns).is_none() {
        let message = format!("({}) is no key of the catalog's table {}", rule.key.columns.join(", "), rule.table);
        faults.push(rule.fault("key.columns", message).hint("mend key.columns, or say in key.basis what the key is known by"));
    }
    if let Some(unique) = &rule.key.unique {
        match table.keys.iter().find(|k| k.name == *unique) {
            None => {
                faults.push(rule.fault("key.unique", format!("the catalog's table {} has no constraint {unique}", rule.table)))
            }
            Some(key) if table.key_over(&rule.key.columns).is_none_or(|k| k.name != key.name) => {
                let message = format!("constraint {unique} is over ({}), not over key.columns", key.columns.join(", "));
                faults.push(rule.fault("key.unique", message));
            }
            Some(_) => {}
        }
    }
    let primary: &[String] = table.keys.iter().find(|k| k.primary).map_or(&[], |k| &k.columns);
    if rule.key.primary != primary && !rule.target.stays() {
        let line = if rule.key.primary.is_empty() { "key.columns" } else { "key.primary" };
        let message = match primary {
            [] => format!("the catalog's table {} has no PRIMARY KEY that is not DEFERRABLE", rule.table),
            columns => format!("the PRIMARY KEY of the catalog's table {} is over ({})", rule.table, columns.join(", ")),
        };
        let fault = rule.fault(line, message);
        let list: Vec<String> = primary.iter().map(|c| format!("{c:?}")).collect();
        faults.push(fault.hint(format!("set `primary = [{}]` under [key]", list.join(", "))));
    }
}

fn base_against(rule: &Rule, base: &str, set: &RuleSet, catalog: &Catalog, faults: &mut Faults) {
    let replaced = set.rules.contains_key(base);
    let Some(table) = catalog.tables.get(base) else {
        if !replaced {
            faults.push(rule.fault("target.base", format!("the catalog has no table {base}")));
        }
        return;
    };
    for column in rule.key.base.iter().filter(|c| table.column(c).is_none()) {
        faults.push(rule.fault("key.base", format!("base table {base} has no column {column}")));
    }
    for column in &rule.columns {
        if let Some(mirrored) = column.base.as_ref().filter(|b| table.column(b).is_none()) {
            faults.push(rule.origin.fault_at(column.line, format!("base table {base} has no column {mirrored}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use crate::config::document::Document;

    #[test]
    fn every_fault_of_a_rule_has_its_line() {
        let text = "table = \"tipocorreo\"\nkind = \"lookup\"\ncolumns = [\n  { name = \"a\", type = \"numeric(5,0)\" },\n  { name = \"a\", typ = 3 },\n]\nodd = 1\n[target]\ndomain = \"X\"\ntext_id = \"b\"\n[key]\ncolumns = [\"c\"]\n";
        let document = Document::parse("r.toml".as_ref(), text).unwrap();
        let faults = file::parse(&document).unwrap_err().to_string();
        assert_eq!(
            faults,
            "r.toml:5: column a was named in line 4 already\n\
             r.toml:5: columns.type is missing\n\
             r.toml:5: columns: unknown key `typ`\n    hint: known keys: name, type, null, default, base, expression\n\
             r.toml:7: unknown key `odd`\n\
             r.toml:10: target.text_id: table tipocorreo has no column b\n\
             r.toml:12: key.columns: table tipocorreo has no column c"
        );
    }
}
