//! The Phase 2 plan as data: `rules/plan/plan.csv` (what becomes of each of 323 tables, and who decided it) and
//! `rules/plan/his_map.csv` (each history column -> base column). Input of `rules generate`; not used at run time.

use std::collections::HashMap;

/// The plan.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The rows of plan.csv in file order.
    pub rows: Vec<PlanRow>,
    /// The rows of his_map.csv with a base column: history table, history column, base column.
    pub map: Vec<(String, String, String)>,
}

/// What the plan says about one table.
#[derive(Debug, Clone, Default)]
pub struct PlanRow {
    fields: HashMap<String, String>,
}

impl PlanRow {
    /// A column of plan.csv; empty where the plan says nothing.
    pub fn get(&self, column: &str) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }

    /// The names in a column, separated by `+` or spaces.
    pub fn list(&self, column: &str) -> Vec<String> {
        self.get(column).split(['+', ' ']).filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }
}

impl FromIterator<(String, String)> for PlanRow {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        PlanRow { fields: fields.into_iter().collect() }
    }
}

impl Plan {
    /// The plan of CEA Querétaro, which is compiled in.
    pub fn shipped() -> Plan {
        let records = |text: &str| {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let header: Vec<String> = reader.headers().map(|h| h.iter().map(str::to_owned).collect()).unwrap_or_default();
            let row = |r: csv::StringRecord| header.iter().cloned().zip(r.iter().map(str::to_owned)).collect::<PlanRow>();
            reader.records().filter_map(|r| r.ok().map(row)).collect::<Vec<_>>()
        };
        let map = records(include_str!("../../rules/plan/his_map.csv"));
        let entry = |r: &PlanRow| (r.get("his_table").into(), r.get("his_column").into(), r.get("base_column").into());
        Plan {
            rows: records(include_str!("../../rules/plan/plan.csv")),
            map: map.iter().filter(|r| !r.get("base_column").is_empty()).map(entry).collect(),
        }
    }

    /// The base column that a history column mirrors.
    pub fn base_column(&self, table: &str, column: &str) -> Option<&str> {
        self.map.iter().find(|(t, c, _)| t == table && c == column).map(|(_, _, base)| base.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_plan_is_whole() {
        let plan = Plan::shipped();
        assert_eq!(plan.rows.len(), 323);
        assert!(plan.map.len() > 3000);
        assert_eq!(plan.base_column("histipooficina", "htofid"), Some("tofid"));
    }
}
