//! What PostgreSQL's own grammar says of a statement: its relations, and its tree in a form in which two trees can be compared.

use serde_json::{Map, Value};

/// A relation that a statement names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relation {
    /// The byte at which its name begins, the schema included.
    pub at: usize,
    /// Its name without the schema, as PostgreSQL reads it.
    pub name: String,
    /// Its schema, where it is written.
    pub schema: String,
}

/// What kind of statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// SELECT, VALUES, TABLE, INSERT, UPDATE, DELETE, MERGE.
    Dml,
    /// A wrapping of one: EXPLAIN, PREPARE, DECLARE, CREATE ... AS, CREATE VIEW, COPY.
    Wrapped,
    /// LOCK and TRUNCATE.
    Utility,
    /// Any other.
    Other,
}

/// A statement as PostgreSQL reads it.
#[derive(Debug)]
pub struct Read {
    /// Its kind.
    pub kind: Kind,
    /// Its relations in the order of the text.
    pub relations: Vec<Relation>,
    /// The tree without places.
    tree: Value,
}

/// The schema that marks a replaced name.
pub const MARK: &str = "esclusa_oracle";

/// Reads one statement; `None` when PostgreSQL would not, or reads none or several.
pub fn read(text: &str) -> Option<Read> {
    let parsed = pg_query::parse(text, pg_query::ParserOptions::default()).ok()?;
    let [statement] = parsed.protobuf.stmts.as_slice() else { return None };
    let tree = serde_json::to_value(statement.stmt.as_ref()?).ok()?;
    let node = tree.get("node")?.as_object()?.keys().next()?.clone();
    let kind = match node.as_str() {
        "SelectStmt" | "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" => Kind::Dml,
        "ExplainStmt" | "PrepareStmt" | "DeclareCursorStmt" | "CreateTableAsStmt" | "ViewStmt" | "CopyStmt" => Kind::Wrapped,
        "LockStmt" | "TruncateStmt" => Kind::Utility,
        _ => Kind::Other,
    };
    let mut relations = Vec::new();
    collect(&tree, &mut Vec::new(), &mut relations);
    relations.sort();
    Some(Read { kind, relations, tree })
}

impl Read {
    /// Whether two statements say the same but for marked names.
    pub fn same(&self, other: &Read) -> bool {
        canonical(&self.tree) == canonical(&other.tree)
    }
}

fn is_range_var(object: &Map<String, Value>) -> bool {
    object.contains_key("relname") && object.contains_key("relpersistence")
}

/// Collects relations, CTE names in sight left out.
fn collect(value: &Value, ctes: &mut Vec<String>, out: &mut Vec<Relation>) {
    match value {
        Value::Array(list) => list.iter().for_each(|v| collect(v, ctes, out)),
        Value::Object(object) if is_range_var(object) => {
            let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
            let name = text("relname");
            if !(text("schemaname").is_empty() && ctes.iter().any(|c| c == name)) {
                let at = object.get("location").and_then(Value::as_u64).unwrap_or(u64::MAX);
                out.push(Relation {
                    at: usize::try_from(at).unwrap_or(usize::MAX),
                    name: name.to_owned(),
                    schema: text("schemaname").to_owned(),
                });
            }
        }
        Value::Object(object) => {
            let visible = ctes.len();
            let target = object.contains_key("returning_clause") || object.contains_key("merge_when_clauses");
            if let Some(with) = object.get("with_clause").filter(|w| !w.is_null()) {
                with_clause(with, ctes, out);
            }
            for (key, value) in object {
                match key.as_str() {
                    // The names of FOR UPDATE OF are aliases; what INTO and CREATE make is no reference.
                    "with_clause" | "locking_clause" | "into_clause" | "into" | "view" => {}
                    "relation" if target => collect(value, &mut Vec::new(), out),
                    _ => collect(value, ctes, out),
                }
            }
            ctes.truncate(visible);
        }
        _ => {}
    }
}

fn with_clause(with: &Value, ctes: &mut Vec<String>, out: &mut Vec<Relation>) {
    let recursive = with.get("recursive").and_then(Value::as_bool).unwrap_or(false);
    let list: Vec<&Value> = with.get("ctes").and_then(Value::as_array).into_iter().flatten().collect();
    let name = |cte: &Value| cte.pointer("/node/CommonTableExpr/ctename").and_then(Value::as_str).unwrap_or_default().to_owned();
    if recursive {
        ctes.extend(list.iter().map(|c| name(c)));
    }
    for cte in list {
        collect(cte, ctes, out);
        if !recursive {
            ctes.push(name(cte));
        }
    }
}

/// A tree without places; a relation is its name and its alias, whether marked, inside a marked sub-select, or neither.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(list) => Value::Array(list.iter().map(canonical).collect()),
        Value::Object(object) if is_range_var(object) => {
            let name = object.get("relname").cloned().unwrap_or_default();
            relation(&name, object.get("alias"))
        }
        Value::Object(object) => {
            if let Some(inner) = object.get("RangeSubselect").and_then(marked) {
                let alias = object.get("RangeSubselect").and_then(|s| s.get("alias"));
                return Value::Object([("RangeVar".to_owned(), relation(&inner, alias))].into_iter().collect());
            }
            let kept = object.iter().filter(|(key, _)| !is_place(key));
            Value::Object(kept.map(|(k, v)| (k.clone(), canonical(v))).collect())
        }
        other => other.clone(),
    }
}

fn relation(name: &Value, alias: Option<&Value>) -> Value {
    let alias = alias.filter(|a| !a.is_null()).map_or_else(
        || serde_json::json!({ "aliasname": name, "colnames": [] }),
        |a| serde_json::json!({ "aliasname": a.get("aliasname"), "colnames": a.get("colnames").map(canonical) }),
    );
    serde_json::json!({ "relname": name, "alias": alias })
}

fn is_place(key: &str) -> bool {
    matches!(
        key,
        "location"
            | "stmt_location"
            | "stmt_len"
            | "name_location"
            | "list_start"
            | "list_end"
            | "rexpr_list_start"
            | "rexpr_list_end"
    )
}

/// The name inside `(SELECT * FROM mark.name)`.
fn marked(subselect: &Value) -> Option<Value> {
    let select = subselect.pointer("/subquery/node/SelectStmt")?;
    let [from] = select.get("from_clause")?.as_array()?.as_slice() else { return None };
    let table = from.pointer("/node/RangeVar")?;
    (table.get("schemaname")?.as_str()? == MARK).then(|| table.get("relname").cloned())?
}
