//! Rules from the catalog and the plan: the plan says what becomes of a table, the catalog says what the table is. A name that is
//! in the plan but not in the catalog is reported, and neither guessed nor used: no rule is made that `check` would refuse.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::plan::{Plan, PlanRow};
use super::{ADDED, Capture, Column, History, Key, Link, Lookup, Origin, Retained, Rule, RuleSet, Target, check, file};
use crate::catalog::{Catalog, Table};
use crate::config::document::Document;
use crate::error::Fault;
use crate::table::{ColumnType, Table as Report};

/// What [`generate`] made.
#[derive(Debug)]
pub struct Generated {
    /// One for each legacy table of the plan that the catalog has.
    pub rules: Vec<Rule>,
    /// Tables that the plan names and the catalog lacks, or that need a decision.
    pub findings: Report,
}

/// Makes the rules of a schema.
pub fn generate(catalog: &Catalog, plan: &Plan) -> Generated {
    generate_beside(catalog, plan, &BTreeSet::new())
}

/// The same when these tables have rules already: one of them that is gone keeps its rule, and is not reported.
pub fn generate_beside(catalog: &Catalog, plan: &Plan, ruled: &BTreeSet<String>) -> Generated {
    let mut maker = Maker { catalog, plan, findings: Report::new(&[("table", ColumnType::Text), ("finding", ColumnType::Text)]) };
    let mut rules = Vec::new();
    for row in &plan.rows {
        let Some(kind) = kind(row) else { continue };
        let name = row.get("table");
        match catalog.tables.get(name).filter(|t| t.kind == 'r') {
            Some(table) => rules.extend(maker.rule(kind, row, table)),
            None if ruled.contains(name) => {}
            None => maker.found(name, format!("named by the plan ({}), absent from the catalog", row.get("task"))),
        }
    }
    rules.sort_by(|a: &Rule, b| a.table.cmp(&b.table));
    let rules = maker.sound(rules);
    Generated { rules, findings: maker.findings }
}

/// The tables that the plan moves or improves.
fn planned(plan: &Plan) -> BTreeSet<String> {
    plan.rows.iter().filter(|row| kind(row).is_some()).map(|row| row.get("table").to_owned()).collect()
}

/// The schema as the application knows it: the present catalog without what the migration has made; and legacy tables that are
/// gone, or have become a view, from the snapshot from before the migration. Without a snapshot they are taken from their rules.
pub fn as_before(now: &Catalog, before: Option<&Catalog>, rules: &RuleSet, plan: &Plan) -> Catalog {
    let mut catalog = now.clone();
    catalog.tables.retain(|name, _| !["audit_log", "domain_value", "domain_value_link"].contains(&name.as_str()));
    for name in planned(plan).iter().chain(rules.rules.keys()).chain(rules.faulty.keys()) {
        if let Some(table) = catalog.tables.get_mut(name).filter(|t| t.kind == 'r') {
            without_improvement(Arc::make_mut(table));
            continue;
        }
        let old = before.and_then(|b| b.tables.get(name)).filter(|t| t.kind == 'r').cloned();
        // A rule for a table that no catalog has is a mistake, which `check` reports.
        let is_known = before.is_none() || catalog.tables.contains_key(name);
        let ruled = || rules.rules.get(name).filter(|_| is_known).map(|rule| Arc::new(rule.legacy_table()));
        if let Some(old) = old.or_else(ruled) {
            catalog.tables.insert(name.clone(), old);
        }
    }
    catalog
}

/// Removes what the improvement has added to a history that stays.
fn without_improvement(table: &mut Table) {
    if ADDED.iter().all(|c| table.column(c).is_some()) {
        table.columns.retain(|c| !ADDED.contains(&c.name.as_str()));
        table.keys.retain(|k| !k.columns.iter().any(|c| ADDED.contains(&c.as_str())));
    }
}

#[derive(Clone, Copy)]
enum PlannedKind {
    History,
    Lookup,
    Link,
    Retained,
}

fn kind(row: &PlanRow) -> Option<PlannedKind> {
    match row.get("kind") {
        "history-tier1" => Some(PlannedKind::History),
        "lookup-pure" | "lookup-extended" => Some(PlannedKind::Lookup),
        "junction" => Some(PlannedKind::Link),
        "history-tier2-keep" if row.get("batch") == "retain-18" => Some(PlannedKind::Retained),
        _ => None,
    }
}

/// Makes rules, and collects findings.
struct Maker<'m> {
    catalog: &'m Catalog,
    plan: &'m Plan,
    findings: Report,
}

impl Maker<'_> {
    fn found(&mut self, table: &str, finding: String) {
        self.findings.push(vec![table.into(), finding.into()]);
    }

    fn rule(&mut self, kind: PlannedKind, row: &PlanRow, table: &Table) -> Option<Rule> {
        let base = Some(row.get("base_table")).filter(|b| self.catalog.tables.contains_key(*b)).map(str::to_owned);
        let key = self.key(kind, row, table)?;
        let (target, base_key) = match kind {
            PlannedKind::History => {
                let fits = self.base_key(row, table, &base);
                let fits = fits.filter(|b| self.fits(b, &key, table));
                (Target::History(self.history(row, table, base.clone())), fits.unwrap_or_default())
            }
            PlannedKind::Lookup => (Target::Lookup(self.lookup(row, table)), Vec::new()),
            PlannedKind::Link => (Target::Link(link(row)), Vec::new()),
            PlannedKind::Retained => {
                let time = self.stamp("history_time_column", row, table);
                (Target::Retained(Retained { base: base.clone(), time }), self.base_key(row, table, &base).unwrap_or_default())
            }
        };
        let constraint = table.key_over(&key);
        let basis = match (constraint, row.get("record_key_basis")) {
            (Some(_), _) => "constraint".to_owned(),
            (None, "") => "guess: plan".to_owned(),
            (None, basis) => basis.to_owned(),
        };
        if constraint.is_none() && matches!(kind, PlannedKind::Lookup | PlannedKind::Link) {
            let finding = format!("no constraint over ({}): a repeated code would be refused at migration", key.join(", "));
            self.found(&table.name, finding);
        }
        let unique = constraint.map(|k| k.name.clone());
        let primary = table.keys.iter().find(|k| k.primary).map_or_else(Vec::new, |k| k.columns.clone());
        let columns = self.columns(table, base.as_deref());
        Some(Rule {
            table: table.name.clone(),
            wave: row.get("batch").rsplit(',').next().unwrap_or_default().to_owned(),
            tasks: row.get("task").split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect(),
            source: row.get("source").to_owned(),
            note: row.get("notes").to_owned(),
            columns,
            key: Key { columns: key, basis, unique, primary, base: base_key },
            target,
            origin: Origin::default(),
        })
    }

    /// The columns of the plan's key. If the table lacks one of them, its own PRIMARY KEY or only UNIQUE constraint is used; the
    /// key of a junction is always its two ends.
    fn key(&mut self, kind: PlannedKind, row: &PlanRow, table: &Table) -> Option<Vec<String>> {
        let planned = match kind {
            PlannedKind::History | PlannedKind::Retained => row.list("his_record_key"),
            PlannedKind::Lookup => row.list("code_column"),
            PlannedKind::Link => [row.list("link_source_column"), row.list("link_target_column")].concat(),
        };
        let missing: Vec<&str> = planned.iter().filter(|c| table.column(c).is_none()).map(String::as_str).collect();
        if !planned.is_empty() && missing.is_empty() {
            return Some(planned);
        }
        let said = match planned.as_slice() {
            [] => "the plan names no key".to_owned(),
            all => format!("the plan's key is ({}), and the table has no column {}", all.join(", "), missing.join(", ")),
        };
        let own = match table.keys.iter().filter(|k| k.primary).chain(&table.keys).collect::<Vec<_>>().as_slice() {
            [first, ..] if first.primary || table.keys.len() == 1 => Some(*first),
            _ => None,
        };
        match (kind, own) {
            (PlannedKind::History | PlannedKind::Lookup | PlannedKind::Retained, Some(own)) => {
                self.found(&table.name, format!("{said}: constraint {} was taken", own.name));
                Some(own.columns.clone())
            }
            (PlannedKind::Retained, None) => {
                if !planned.is_empty() {
                    self.found(&table.name, format!("{said}: the rule has no key"));
                }
                Some(Vec::new())
            }
            _ => {
                self.found(&table.name, format!("{said}: no rule was made"));
                None
            }
        }
    }

    /// The columns of the base's key, if the base has them.
    fn base_key(&mut self, row: &PlanRow, table: &Table, base: &Option<String>) -> Option<Vec<String>> {
        let planned = row.list("base_record_key");
        let of = self.catalog.tables.get(base.as_ref()?)?;
        let missing: Vec<&str> = planned.iter().filter(|c| of.column(c).is_none()).map(String::as_str).collect();
        if missing.is_empty() {
            return Some(planned);
        }
        let finding = format!("the plan's key of base table {} has no column {}: left out", of.name, missing.join(", "));
        self.found(&table.name, finding);
        None
    }

    /// Whether the base's key has as many columns as the history's own: they are the same key.
    fn fits(&mut self, base: &[String], key: &[String], table: &Table) -> bool {
        let fits = base.is_empty() || base.len() == key.len();
        if !fits {
            let finding =
                format!("the plan's key of the base is ({}), the history's ({}): left out", base.join(", "), key.join(", "));
            self.found(&table.name, finding);
        }
        fits
    }

    /// The table's columns, each with the column of the base that it mirrors.
    fn columns(&mut self, table: &Table, base: Option<&str>) -> Vec<Column> {
        let of = base.and_then(|b| self.catalog.tables.get(b));
        let mut columns = Vec::new();
        for column in &table.columns {
            let mirrored = of.and_then(|of| Some((of, self.plan.base_column(&table.name, &column.name)?)));
            let base = match mirrored {
                Some((of, name)) if of.column(name).is_none() => {
                    let finding =
                        format!("column {} mirrors {}.{name} in the plan, which is not there: left out", column.name, of.name);
                    self.found(&table.name, finding);
                    None
                }
                mirrored => mirrored.map(|(_, name)| name.to_owned()),
            };
            columns.push(Column { column: column.clone(), base, expression: None, line: 0 });
        }
        columns
    }

    fn history(&mut self, row: &PlanRow, table: &Table, base: Option<String>) -> History {
        // A column that only the history has, named like a flag of changes, holds the operation in the legacy's own words.
        let own = |c: &&str| base.is_none() || self.plan.base_column(&table.name, c).is_none();
        let flag = |c: &&str| c.ends_with("hstmodif") || c.ends_with("accion");
        let operation = table.columns.iter().map(|c| c.name.as_str()).filter(own).find(flag).map(str::to_owned);
        let expid = table.columns.iter().find(|c| c.name.ends_with("expid") && c.type_name == "numeric(5,0)");
        History {
            time: self.stamp("history_time_column", row, table),
            user: self.stamp("history_user_column", row, table),
            operation,
            expid: expid.map(|c| c.name.clone()),
            capture: Capture::Application,
            base,
        }
    }

    /// The column that the plan marks: `hfbfeccamb`, `[hapnuehora]` (the nearest to a stamp), `[a|b]` (candidates: the first that
    /// exists), or a description, which is no column.
    fn stamp(&mut self, marked: &str, row: &PlanRow, table: &Table) -> Option<String> {
        let text = row.get(marked);
        let found = stamp(text, table);
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_[]|".contains(c);
        if found.is_none() && text.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') && text.chars().all(is_name) {
            self.found(&table.name, format!("the plan's {marked} is {text}, which the table does not have: left out"));
        }
        found
    }

    fn lookup(&mut self, row: &PlanRow, table: &Table) -> Lookup {
        let mut one = |marked: &str| {
            let name = row.list(marked).into_iter().next()?;
            if table.column(&name).is_none() {
                self.found(&table.name, format!("the plan's {marked} is {name}, which the table does not have: left out"));
                return None;
            }
            Some(name)
        };
        Lookup {
            domain: domain(row.get("table")),
            text_id: one("txtid_column"),
            description: one("description_column"),
            active: one("active_column"),
            expid: one("expid_column"),
            user: one("audit_user_column"),
            time: one("audit_time_column"),
        }
    }

    /// The rules with no faults for `check`, as they will be read back from their files. Those left out are reported.
    fn sound(&mut self, rules: Vec<Rule>) -> Vec<Rule> {
        let mut faults: Vec<(String, Fault)> = Vec::new();
        let mut set = RuleSet::default();
        for rule in &rules {
            let name = format!("{}.toml", rule.table);
            match Document::parse(Path::new(&name), &file::print(rule)).and_then(|d| file::parse(&d)) {
                Ok(read) => drop(set.rules.insert(rule.table.clone(), read)),
                Err(found) => faults.extend(found.0.into_iter().map(|f| (rule.table.clone(), f))),
            }
        }
        faults.extend(check::between(&set).into_iter().filter_map(|(tables, fault)| Some((tables.first()?.clone(), fault))));
        let of = |fault: &Fault| Some(fault.place.as_ref()?.file.file_stem()?.to_string_lossy().into_owned());
        faults.extend(check::against(&set, self.catalog).0.into_iter().filter_map(|f| Some((of(&f)?, f))));
        for (table, fault) in &faults {
            self.found(table, format!("no rule was made: {}", fault.message));
        }
        rules.into_iter().filter(|rule| faults.iter().all(|(table, _)| *table != rule.table)).collect()
    }
}

fn stamp(text: &str, table: &Table) -> Option<String> {
    text.trim_matches(['[', ']']).split('|').find_map(|name| table.column(name)).map(|c| c.name.clone())
}

fn link(row: &PlanRow) -> Link {
    let (source, target) = (row.list("link_source_column"), row.list("link_target_column"));
    Link {
        link_type: domain(row.get("table")),
        source_domain: end_domain(row.get("link_source"), &source),
        target_domain: end_domain(row.get("link_target"), &target),
        source,
        target,
    }
}

/// The domain of one end of a junction: that of the table that owns the code (`tipobonif.tbid`), if the plan knows it; otherwise
/// the column's own name, so that two unknown ends never share a domain.
fn end_domain(owner: &str, columns: &[String]) -> String {
    match owner.trim_end_matches('?').split_once('.') {
        Some((table, _)) if !table.is_empty() => domain(table),
        _ => columns.last().map(|c| c.to_uppercase()).unwrap_or_default(),
    }
}

/// `tipocorreo` -> `TIPO_CORREO`: the longest matching prefix among those of the plan's names, an underscore, the rest; in upper
/// case. The name of an entity is unchanged: `perfil` -> `PERFIL`.
pub fn domain(table: &str) -> String {
    let prefix = ["estados", "estado", "est", "tipo", "tip"].into_iter().find(|p| table.starts_with(p) && table.len() > p.len());
    prefix.map_or_else(|| table.to_owned(), |p| format!("{p}_{}", &table[p.len()..])).to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_follow_the_plans_examples() {
        let domains =
            ["tipocatcalle", "estadofraude", "estadosjuicios", "tippersautoriz", "estfirmaelectronica", "perfil"].map(domain);
        assert_eq!(
            domains,
            ["TIPO_CATCALLE", "ESTADO_FRAUDE", "ESTADOS_JUICIOS", "TIP_PERSAUTORIZ", "EST_FIRMAELECTRONICA", "PERFIL"]
        );
    }
}
