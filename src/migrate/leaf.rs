//! The leaf of a legacy table: the partition of the new table that holds its rows. It is built apart (table, rows, indexes) and then attached. The
//! legacy table's own indexes are carried over, as indexes on the expressions that read its columns, so that PostgreSQL's planner finds an index
//! for the same conditions as before.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::Relation;
use crate::sql::Lexed;
use crate::sql::quote::{ident, literal, qualified};

/// The SQL that creates an empty leaf: the new table's columns, defaults and CHECKs, and a constraint true of every row of this leaf, which spares
/// a scan when it is attached (PostgreSQL manual, section 5.11.2.2).
pub fn creation(relation: &Relation) -> String {
    let Some(home) = &relation.home else { return String::new() };
    let is = |column: &str, value: &str| format!(", CHECK ({column} = {value})");
    let common = home.target.common.and_then(|c| Some(is(c, &relation.field(c)?.render())));
    format!(
        "CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION{}{}{});",
        relation.rows(),
        qualified(&relation.schema, home.target.table),
        is(home.target.discriminator, &literal(&home.value)),
        common.unwrap_or_default(),
        home.target.checks.iter().map(|check| format!(", CHECK ({check})")).collect::<String>()
    )
}

/// The SQL that creates the constraint in place of the legacy key.
pub fn unique(relation: &Relation) -> String {
    let (Some(home), Some(name)) = (&relation.home, relation.leaf_unique()) else { return String::new() };
    let kind = if home.target.unique_is_primary { "PRIMARY KEY" } else { "UNIQUE" };
    let columns = relation.leaf_key().join(", ");
    format!("ALTER TABLE {} ADD CONSTRAINT {} {kind} ({columns});", relation.rows(), ident(&name))
}

/// The SQL that attaches it to the new table, with the indexes that the new table has.
pub fn attaching(relation: &Relation) -> String {
    let Some(home) = &relation.home else { return String::new() };
    format!(
        "ALTER TABLE {} ATTACH PARTITION {} FOR VALUES IN ({});",
        qualified(&relation.schema, home.target.table),
        relation.rows(),
        literal(&home.value)
    )
}

/// An index of the legacy table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its access method.
    pub method: String,
    /// It refuses repeated keys.
    pub unique: bool,
    /// NULLs count as equal in it.
    pub nulls_equal: bool,
    /// CLUSTER uses it.
    pub clustered: bool,
    /// Its keys in order.
    pub keys: Vec<IndexKey>,
    /// Columns that are only included.
    pub included: Vec<String>,
    /// The condition of a partial index.
    pub predicate: Option<String>,
    /// `WITH (...)`
    pub options: String,
}

/// One key of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexKey {
    /// A column's name or an expression, as the server prints it.
    pub expression: String,
    /// Operator class, collation and order, as they follow the key in a definition.
    pub how: String,
}

/// The indexes of a table, including those of constraints.
pub async fn indexes(database: &Database, table: &str) -> Result<Vec<Index>> {
    let sql = format!(
        "SELECT c.relname, am.amname, i.indisunique, i.indnullsnotdistinct, i.indisclustered, \
           coalesce(array_to_string(c.reloptions, ', '), ''), pg_get_expr(i.indpred, i.indrelid), \
           k.n <= i.indnkeyatts, pg_get_indexdef(i.indexrelid, k.n, false), \
           CASE WHEN k.n <= i.indnkeyatts THEN \
             coalesce((SELECT format(' COLLATE %I.%I', nspname, collname) FROM pg_collation o JOIN pg_namespace s ON s.oid = collnamespace \
                       WHERE o.oid = i.indcollation[k.n - 1] AND collname <> 'default'), '') \
             || (SELECT format(' %I.%I', nspname, opcname) FROM pg_opclass o JOIN pg_namespace s ON s.oid = opcnamespace \
                 WHERE o.oid = i.indclass[k.n - 1]) \
             || CASE WHEN NOT pg_indexam_has_property(am.oid, 'can_order') THEN '' ELSE \
                  CASE WHEN i.indoption[k.n - 1] & 1 = 1 THEN ' DESC' ELSE ' ASC' END \
                  || CASE WHEN i.indoption[k.n - 1] & 2 = 2 THEN ' NULLS FIRST' ELSE ' NULLS LAST' END END \
           ELSE '' END \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam, \
              LATERAL generate_series(1, i.indnatts) AS k(n) \
         WHERE i.indrelid = {}::regclass AND i.indisvalid ORDER BY i.indexrelid, k.n",
        literal(table)
    );
    let mut out: Vec<Index> = Vec::new();
    for row in database.text("reading the indexes", &sql).await? {
        let cell = |n: usize| row.get(n).cloned().flatten();
        let text = |n: usize| cell(n).unwrap_or_default();
        if out.last().is_none_or(|index| index.name != text(0)) {
            let is = |n: usize| text(n) == "t";
            out.push(Index {
                name: text(0),
                method: text(1),
                unique: is(2),
                nulls_equal: is(3),
                clustered: is(4),
                options: text(5),
                predicate: cell(6),
                ..Index::default()
            });
        }
        let Some(index) = out.last_mut() else { continue };
        match text(7) == "t" {
            true => index.keys.push(IndexKey { expression: text(8), how: text(9) }),
            false => index.included.push(text(8)),
        }
    }
    Ok(out)
}

/// An index carried over to the leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Its name: the legacy one.
    pub name: String,
    /// The statement that makes it.
    pub creation: String,
    /// The statement that marks it for CLUSTER, where it was.
    pub clustering: Option<String>,
    /// A note for the reviewer.
    pub note: Option<String>,
}

/// A legacy index over the leaf's expressions; or why that is impossible.
pub fn carried(relation: &Relation, index: &Index) -> std::result::Result<Carried, String> {
    let used: Vec<usize> = index
        .keys
        .iter()
        .map(|k| k.expression.as_str())
        .chain(index.predicate.as_deref())
        .flat_map(|expression| named_columns(relation, expression))
        .collect();
    if let Some(&column) = used.iter().find(|&&i| !relation.is_indexable(i)) {
        let column = &relation.columns[column];
        return Err(format!(
            "index {} cannot be carried: {} is a {} in an image, and reading it depends on session settings",
            index.name, column.name, column.sql_type.name
        ));
    }
    let key = |k: &IndexKey| format!("({}){}", substituted(relation, &k.expression), k.how);
    let keys: Vec<String> = index.keys.iter().map(key).collect();
    // INCLUDE takes only columns, not expressions.
    let (included, left): (Vec<_>, Vec<_>) = index.included.iter().partition(|c| stored(relation, c).is_some());
    let included: Vec<String> = included.into_iter().filter_map(|c| stored(relation, c)).collect();
    let clause = |word: &str, list: &[String]| match list {
        [] => String::new(),
        list => format!(" {word} ({})", list.join(", ")),
    };
    let creation = format!(
        "CREATE {}INDEX {} ON {} USING {} ({}){}{}{}{}",
        if index.unique && !is_key(relation, index) { "UNIQUE " } else { "" },
        ident(&index.name),
        relation.rows(),
        index.method,
        keys.join(", "),
        clause("INCLUDE", &included),
        if index.nulls_equal { " NULLS NOT DISTINCT" } else { "" },
        if index.options.is_empty() { String::new() } else { format!(" WITH ({})", index.options) },
        index.predicate.as_ref().map_or(String::new(), |p| format!(" WHERE {}", substituted(relation, p))),
    );
    let clustering = index.clustered.then(|| format!("ALTER TABLE {} CLUSTER ON {}", relation.rows(), ident(&index.name)));
    let left: Vec<&str> = left.into_iter().map(String::as_str).collect();
    let note = (!left.is_empty()).then(|| format!("index {} no longer includes {}", index.name, left.join(", ")));
    Ok(Carried { name: index.name.clone(), creation, clustering, note })
}

/// Whether the leaf's own constraint covers the same key: a second one would lock and report errors separately, and ON CONFLICT can name only one.
fn is_key(relation: &Relation, index: &Index) -> bool {
    let mut columns: Vec<Option<usize>> = index.keys.iter().map(|k| relation.position(&bare(&k.expression))).collect();
    columns.sort_unstable();
    let mut key: Vec<Option<usize>> = relation.key.iter().map(|&i| Some(i)).collect();
    key.sort_unstable();
    relation.leaf_unique().is_some() && index.predicate.is_none() && columns == key
}

/// The identifier that the server printed, without its quotes.
fn bare(printed: &str) -> String {
    match printed.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => printed.to_owned(),
    }
}

/// The column of the leaf that stores a legacy column unchanged.
fn stored(relation: &Relation, column: &str) -> Option<String> {
    let column = &relation.columns[relation.position(&bare(column))?];
    match column.store {
        crate::relation::Store::Typed(name) => Some(name.to_owned()),
        _ => None,
    }
}

/// An expression over legacy columns, as the server prints it, translated to the leaf's columns.
pub fn substituted(relation: &Relation, expression: &str) -> String {
    let Ok(lexed) = Lexed::new(expression) else { return expression.to_owned() };
    let mut out = String::with_capacity(expression.len() * 2);
    let mut at = 0;
    for (i, column) in columns_in(relation, &lexed) {
        let span = lexed.lexemes[i].span;
        out.push_str(&expression[at..span.start]);
        out.push_str(&format!("({})", relation.read(column, None)));
        at = span.end;
    }
    out.push_str(&expression[at..]);
    out
}

fn named_columns(relation: &Relation, expression: &str) -> Vec<usize> {
    Lexed::new(expression).map_or_else(|_| Vec::new(), |lexed| columns_in(relation, &lexed).map(|(_, c)| c).collect())
}

/// The words of a printed expression that are legacy columns: the server prints columns of the table without qualification, function names before a
/// parenthesis, and types after `::`.
fn columns_in<'l>(relation: &'l Relation, lexed: &'l Lexed<'_>) -> impl Iterator<Item = (usize, usize)> + 'l {
    let token = |i: usize, wanted: &[&str]| lexed.lexemes.get(i).is_some_and(|l| wanted.contains(&&lexed.text[l.span.range()]));
    (0..lexed.lexemes.len()).filter_map(move |i| {
        let other = token(i + 1, &["(", "."]) || i > 0 && token(i - 1, &["::", "."]);
        let column = relation.position(&lexed.lexemes[i].name()?)?;
        (!other).then_some((i, column))
    })
}

/// Attaches a filled leaf to the new table, with the indexes of `source`, the legacy table, if it still exists. Its statistics ([`analysis`]) are
/// gathered when nobody waits any more. Returns notes for the reader.
pub async fn finish(db: &Database, relation: &Relation, source: Option<&str>) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let indexes = match source {
        Some(source) => indexes(db, source).await?,
        None => Vec::new(),
    };
    for index in indexes {
        match carried(relation, &index) {
            Ok(carried) => {
                let context = format!("carrying index {}", index.name);
                db.batch(&context, &carried.creation).await?;
                if let Some(clustering) = &carried.clustering {
                    db.batch(&context, clustering).await?;
                }
                notes.extend(carried.note);
            }
            Err(why) => notes.push(why),
        }
    }
    let rest = [unique(relation), attaching(relation)].concat();
    db.batch(&format!("making the leaf of {}", relation.table), &rest).await?;
    Ok(notes)
}

/// Gathers statistics of the leaf, including those of its index expressions: the planner needs them from the first statement on.
pub fn analysis(relation: &Relation) -> String {
    format!("ANALYZE {};", relation.rows())
}
