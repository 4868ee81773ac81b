//! A relation in the form that the search for dependents takes.

use super::dependents::{self, Dependent, Dependents};
use super::foreign_key::key_table::Leaf;
use super::leaf;
use crate::catalog::Database;
use crate::error::Result;
use crate::relation::{Context, Relation};
use crate::rule::Rule;
use crate::sql::quote::qualified;
use crate::sql::template::Sql;

/// Reads a legacy column from a row of the leaf, given the column's name and the row's alias.
type Reading<'r> = Box<dyn Fn(&str, &str) -> String + Send + Sync + 'r>;
/// The assignments of an UPDATE of the leaf that sets legacy columns, given the row's alias.
type Writing<'r> = Box<dyn Fn(&[(String, String)], &str) -> String + Send + Sync + 'r>;

/// What depends on a table, or on the views of one that has been moved; empty where there is neither. The session must be pinned
/// (`migrate::PINNED`).
pub async fn dependents_of(database: &Database, context: &Context, rule: &Rule) -> Result<Vec<Dependent>> {
    let relation = Relation::compile(rule, context);
    let (legacy, view) = (relation.legacy_table(), relation.view());
    let sql =
        "SELECT coalesce((SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1)), ''), to_regclass($2) IS NOT NULL";
    let row = database.one("looking for the table", sql, &[&legacy, &view]).await?;
    Ok(match (row.get::<_, &str>(0), row.get::<_, bool>(1)) {
        ("r" | "p", _) => {
            let mut all = hanging(database, &relation, &legacy).await?;
            all.found.extend(naming(database, &relation, &legacy).await?);
            all.found
        }
        ("v", true) => dependents::back(database, &Attachments::new(&relation).leaf(&legacy), &view).await?.found,
        _ => Vec::new(),
    })
}

/// What only names a table in a text: it is told to the reader.
pub(super) async fn naming(database: &Database, relation: &Relation, legacy: &str) -> Result<Vec<Dependent>> {
    let mut all = Dependents::new("view");
    if !relation.is_retained() {
        dependents::naming(database, &Attachments::new(relation).leaf(legacy), &mut all).await?;
    }
    Ok(all.found)
}

/// What depends on a table, and what of its own the leaf cannot have: a unique index that is left out would let repeated values in.
pub(super) async fn hanging(database: &Database, relation: &Relation, legacy: &str) -> Result<Dependents> {
    let attachments = Attachments::new(relation);
    if relation.is_retained() {
        return improving(database, &attachments.leaf(legacy)).await;
    }
    let mut all = dependents::find(database, &attachments.leaf(legacy)).await?;
    for index in leaf::indexes(database, legacy).await?.iter().filter(|index| index.unique) {
        if let Err(why) = leaf::carried(relation, index) {
            let why = why.split_once(": ").map_or(why.as_str(), |(_, why)| why);
            all.found.push(Dependent::left_out("unique index", &index.name, why));
        }
    }
    Ok(all)
}

/// What an improvement that is not complete has to mind.
pub(super) async fn improving(database: &Database, leaf: &Leaf<'_>) -> Result<Dependents> {
    let sql = "SELECT bool_or(attname = 'hst_id'), coalesce(bool_or(attname = 'hst_id' AND attnotnull), false) FROM pg_attribute \
               WHERE attrelid = to_regclass($1) AND NOT attisdropped";
    let row = database.one("looking for the new columns", sql, &[&leaf.legacy]).await?;
    match (row.get::<_, Option<bool>>(0), row.get::<_, bool>(1)) {
        (_, true) => Ok(Dependents::new("view")),
        (Some(true), false) => dependents::retained::on_numbering(database, leaf).await,
        _ => dependents::retained::find(database, leaf).await,
    }
}

/// A relation in the form that the search for dependents takes.
pub(super) struct Attachments<'r> {
    relation: &'r Relation,
    rows: String,
    parent: Option<String>,
    read: Reading<'r>,
    write: Writing<'r>,
}

impl<'r> Attachments<'r> {
    pub(super) fn new(relation: &'r Relation) -> Self {
        let read = move |column: &str, row: &str| {
            relation.position(column).map_or_else(|| "NULL".to_owned(), |i| relation.read(i, Some(row)))
        };
        let write = move |values: &[(String, String)], row: &str| {
            let given: Vec<(usize, &String)> = values.iter().filter_map(|(c, v)| Some((relation.position(c)?, v))).collect();
            let changed: Vec<usize> = given.iter().map(|(i, _)| *i).collect();
            let new = |i: usize| given.iter().find(|(c, _)| *c == i).map_or_else(Sql::default, |(_, v)| Sql::from(*v));
            let one = |(field, value): (&str, Sql)| format!("{field} = {}", value.fill(new).render());
            relation.update(&changed, row).into_iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let parent = relation.target().map(|t| qualified(&relation.schema, t.table));
        Attachments { relation, rows: relation.rows(), parent, read: Box::new(read), write: Box::new(write) }
    }

    /// `legacy` is where the table is now.
    pub(super) fn leaf<'l>(&'l self, legacy: &'l str) -> Leaf<'l> {
        let target = self.relation.target();
        Leaf {
            schema: &self.relation.schema,
            table: &self.relation.table,
            legacy,
            leaf: &self.rows,
            parent: self.parent.as_deref(),
            identity: target.map_or(&[], |t| t.identity),
            read: &*self.read,
            // A foreign key that changes a history's rows would make changes that nobody has recorded.
            write: target.filter(|t| t.repeated.is_none()).map(|_| &*self.write as _),
        }
    }
}
