//! Rules from the catalog and the plan: the plan says what becomes of a table, the catalog says what the table is. A name that
//! the plan gives and the catalog lacks is reported, never invented.

use super::plan::{Plan, PlanRow};
use super::{Capture, Column, History, Key, Link, Lookup, Retained, Rule, Target};
use crate::catalog::{Catalog, Table};
use crate::table::Table as Report;

/// What [`generate`] made.
#[derive(Debug)]
pub struct Generated {
    /// One per legacy table of the plan that the catalog has.
    pub rules: Vec<Rule>,
    /// Tables that the plan names and the catalog lacks, or that need a decision.
    pub findings: Report,
}

/// Makes the rules of a schema.
pub fn generate(catalog: &Catalog, plan: &Plan) -> Generated {
    let mut findings = Report::new(&["table", "finding"]);
    let mut rules = Vec::new();
    for row in &plan.rows {
        let Some(kind) = kind(row) else { continue };
        let name = row.get("table");
        match catalog.tables.get(name).filter(|t| t.kind == 'r') {
            Some(table) => rules.push(rule(kind, row, table, catalog, plan, &mut findings)),
            None => findings
                .push(vec![name.into(), format!("named by the plan ({}), absent from the catalog", row.get("task")).into()]),
        }
    }
    rules.sort_by(|a, b| a.table.cmp(&b.table));
    Generated { rules, findings }
}

#[derive(Clone, Copy)]
enum Kind {
    History,
    Lookup,
    Link,
    Retained,
}

fn kind(row: &PlanRow) -> Option<Kind> {
    match row.get("kind") {
        "history-tier1" => Some(Kind::History),
        "lookup-pure" | "lookup-extended" => Some(Kind::Lookup),
        "junction" => Some(Kind::Link),
        "history-tier2-keep" if row.get("batch") == "retain-18" => Some(Kind::Retained),
        _ => None,
    }
}

fn rule(kind: Kind, row: &PlanRow, table: &Table, catalog: &Catalog, plan: &Plan, findings: &mut Report) -> Rule {
    let base = Some(row.get("base_table")).filter(|b| catalog.tables.contains_key(*b)).map(str::to_owned);
    let key = match kind {
        Kind::History | Kind::Retained => row.list("his_record_key"),
        Kind::Lookup => row.list("code_column"),
        Kind::Link => [row.list("link_source_column"), row.list("link_target_column")].concat(),
    };
    let (target, base_key) = match kind {
        Kind::History => {
            let target = history(row, table, base.clone(), plan);
            let base_key = if base.is_some() { row.list("base_record_key") } else { Vec::new() };
            (Target::History(target), base_key)
        }
        Kind::Lookup => (Target::Lookup(lookup(row)), Vec::new()),
        Kind::Link => (Target::Link(link(row)), Vec::new()),
        Kind::Retained => {
            let time = stamp(row.get("history_time_column"), table);
            (Target::Retained(Retained { base: base.clone(), time }), row.list("base_record_key"))
        }
    };
    let constraint = table.key_over(&key);
    let basis = match (constraint, row.get("record_key_basis")) {
        (Some(_), _) => "constraint".to_owned(),
        (None, "") => "guess: plan".to_owned(),
        (None, basis) => basis.to_owned(),
    };
    if constraint.is_none() && matches!(kind, Kind::Lookup | Kind::Link) {
        let finding = format!("no constraint over ({}): a repeated code would be refused at migration", key.join(", "));
        findings.push(vec![table.name.as_str().into(), finding.into()]);
    }
    let mirrored = |c: &str| base.as_ref().and_then(|_| plan.base_column(&table.name, c)).map(str::to_owned);
    let columns = table
        .columns
        .iter()
        .map(|c| Column { column: c.clone(), base: mirrored(&c.name), expression: None, line: 0 })
        .collect();
    Rule {
        table: table.name.clone(),
        wave: row.get("batch").rsplit(',').next().unwrap_or_default().to_owned(),
        tasks: row.get("task").split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect(),
        source: row.get("source").to_owned(),
        note: row.get("notes").to_owned(),
        columns,
        key: Key { columns: key, basis, unique: constraint.map(|k| k.name.clone()), base: base_key },
        target,
        file: Default::default(),
        lines: Vec::new(),
    }
}

fn history(row: &PlanRow, table: &Table, base: Option<String>, plan: &Plan) -> History {
    // A column that only the history has and that is named like a modification flag says I, U or D in the legacy's own words.
    let own = |c: &&str| base.is_none() || plan.base_column(&table.name, c).is_none();
    let flag = |c: &&str| c.ends_with("hstmodif") || c.ends_with("accion");
    let names = || table.columns.iter().map(|c| c.name.as_str());
    let expid = table.columns.iter().find(|c| c.name.ends_with("expid") && c.type_name == "numeric(5,0)");
    History {
        time: stamp(row.get("history_time_column"), table),
        user: stamp(row.get("history_user_column"), table),
        operation: names().filter(own).find(flag).map(str::to_owned),
        expid: expid.map(|c| c.name.clone()),
        capture: Capture::Application,
        base,
    }
}

/// `hfbfeccamb`, `[hapnuehora]` (nearest to a stamp), `[a|b]` (two candidates: the first), or a description that is no column.
fn stamp(text: &str, table: &Table) -> Option<String> {
    let name = text.trim_matches(['[', ']']).split('|').next()?;
    table.column(name).map(|c| c.name.clone())
}

fn lookup(row: &PlanRow) -> Lookup {
    let one = |column: &str| row.list(column).into_iter().next();
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

/// The domain of one end of a junction: that of the table that owns the code (`tipobonif.tbid`), where the plan knows one;
/// otherwise the column's own name, so that two unknown ends never share a domain.
fn end_domain(owner: &str, columns: &[String]) -> String {
    match owner.trim_end_matches('?').split_once('.') {
        Some((table, _)) if !table.is_empty() => domain(table),
        _ => columns.last().map(|c| c.to_uppercase()).unwrap_or_default(),
    }
}

/// `tipocorreo` -> `TIPO_CORREO`: the longest of the prefixes that the plan's names use, an underscore, the rest; upper case.
/// An entity keeps its own name: `perfil` -> `PERFIL`.
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
