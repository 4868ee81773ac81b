//! What a name is: a legacy table or another one, a column of this item or of that. As PostgreSQL finds it (manual, sections 5.9.3
//! and 7.2): relations by the search path, columns in the nearest scope that has the name.

use super::context::Namespace;
use super::policy::Entry;
use super::work::Work;
use crate::catalog::Column;
use crate::sql::effect::TEMPORARY;
use crate::sql::{Item, Name, NamePart, NameUse, Reference, Role, Scope, ScopeId};

/// The name under which ON CONFLICT shows the row that could not be added.
pub(super) const EXCLUDED: &str = "excluded";

/// What a name in an expression belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// A column of the reference.
    Column { reference: usize, column: String },
    /// The whole row of the reference, or its `*`.
    Row { reference: usize },
    /// Something that belongs to no reference: a function's result, a CTE's column.
    Other,
    /// Nothing: no item has it. It is a system column, an output name, or a mistake.
    Nowhere,
    /// Perhaps a reference, but an item in between has unknown columns.
    Unknown,
}

impl<'w> Work<'w, '_> {
    /// The entry of the legacy table that a relation's name means, if there is one that is looked at.
    pub(super) fn entry_of(&self, name: &Name) -> Option<&'w Entry> {
        let entry = self.policy.entry(name.last())?;
        // If names are in doubt it may be the legacy table, and is refused where that matters; temporary relations are known
        // whatever the path is.
        let may_be = self.names_in_doubt && name.0.len() == 1 && !self.names.temporary.iter().any(|t| t == name.last());
        (may_be || self.is_in_schema(name)).then_some(entry)
    }

    /// Whether a relation's name means one in the schema of the legacy tables.
    pub(super) fn is_in_schema(&self, name: &Name) -> bool {
        match name.0.as_slice() {
            [table] => self.is_legacy(&table.text),
            [schema, _] => schema.text == self.policy.schema,
            [database, schema, _] => {
                schema.text == self.policy.schema && self.policy.database.as_ref().is_none_or(|d| *d == database.text)
            }
            _ => false,
        }
    }

    /// Whether an unqualified name is found in the legacy schema.
    fn is_legacy(&self, table: &str) -> bool {
        matches!(self.names.namespace_of(self.policy, table), Some(Namespace::Schema(schema)) if schema == self.policy.schema)
    }

    /// The schema in which an unqualified name is found; `None` for a temporary relation.
    pub(super) fn schema_of(&self, table: &str) -> Option<String> {
        match self.names.namespace_of(self.policy, table)? {
            Namespace::Temporary => None,
            Namespace::Schema(schema) => Some(schema),
        }
    }

    /// Whether an item has a column of this name; `None` when its columns are not known.
    pub(super) fn has_column(&self, item: &Item, column: &str) -> Option<bool> {
        let Some(index) = item.reference else { return self.query_has_column(item, column) };
        let reference = &self.shape.references[index];
        let renamed = item.columns.as_deref().unwrap_or_default();
        if renamed.iter().any(|n| n == column) {
            return Some(true);
        }
        if let Some(entry) = self.entries[index] {
            return Some(entry.relation.columns.iter().skip(renamed.len()).any(|c| c.name == column));
        }
        let columns = self.catalog_columns(reference)?;
        Some(columns.iter().skip(renamed.len()).any(|c| c.name == column))
    }

    /// The same for a query, a CTE or a function.
    fn query_has_column(&self, item: &Item, column: &str) -> Option<bool> {
        let has = |names: &[String]| names.iter().any(|n| n == column);
        if item.columns.is_some() || has(&item.renamed) {
            return item.columns.as_ref().map(|c| has(c)).or(Some(true));
        }
        let names = item.body.filter(|&body| !self.is_join(body)).and_then(|body| self.column_names(body))?;
        Some(has(names.get(item.renamed.len()..).unwrap_or_default()))
    }

    /// The number of an item's columns, if it is known.
    pub(super) fn column_count(&self, item: &Item) -> Option<usize> {
        match item.reference {
            None => {
                let body = || item.body.filter(|&body| !self.is_join(body)).and_then(|body| Some(self.column_names(body)?.len()));
                item.columns.as_ref().map(Vec::len).or_else(body)
            }
            Some(index) => match self.entries[index] {
                Some(entry) => Some(entry.relation.columns.len()),
                None => self.catalog_columns(&self.shape.references[index]).map(<[_]>::len),
            },
        }
    }

    /// The columns of a table in the legacy schema without a rule.
    pub(super) fn catalog_columns(&self, reference: &Reference) -> Option<&'w [Column]> {
        let known = match reference.name.0.as_slice() {
            [table] if self.is_legacy(&table.text) => Some(&table.text),
            [.., schema, table] if schema.text == self.policy.schema => Some(&table.text),
            _ => None,
        };
        self.policy.catalog.tables.get(known?).map(|table| table.columns.as_slice())
    }

    /// What a name in an expression belongs to.
    pub(super) fn owner(&self, name_use: &NameUse) -> Owner {
        let parts: Vec<&str> = name_use.name.0.iter().map(|p| p.text.as_str()).collect();
        let before = |tail: usize| &name_use.name.0[..parts.len() - tail];
        match (parts.as_slice(), name_use.place) {
            ([.., table], crate::sql::UsePlace::Star) => match self.item_named(table, before(1), name_use.scope) {
                Some(reference) => Owner::Row { reference },
                None => Owner::Other,
            },
            ([column], _) => self.unqualified(column, name_use.scope),
            ([.., table, column], _) => match self.item_named(table, before(2), name_use.scope) {
                Some(reference) => Owner::Column { reference, column: (*column).to_owned() },
                None => Owner::Other,
            },
            ([], _) => Owner::Other,
        }
    }

    fn unqualified(&self, column: &str, scope: ScopeId) -> Owner {
        let mut at = Some(scope);
        while let Some(scope) = at.map(|s| &self.shape.scopes[s]) {
            let mut unknown = false;
            for item in &scope.items {
                match self.has_column(item, column).or_else(|| self.excluded_has(scope, item, column)) {
                    Some(true) => {
                        let owner = |reference| Owner::Column { reference, column: column.to_owned() };
                        return item.reference.map_or(Owner::Other, owner);
                    }
                    Some(false) => {}
                    None => unknown = true,
                }
            }
            if unknown {
                return Owner::Unknown;
            }
            if let Some(item) = scope.items.iter().find(|i| i.name == column) {
                return item.reference.map_or(Owner::Other, |reference| Owner::Row { reference });
            }
            at = scope.parent;
        }
        Owner::Nowhere
    }

    /// The column of ON CONFLICT's `excluded` that a name means; empty text for the whole row; `None` where it does not mean
    /// `excluded`.
    pub(super) fn excluded<'u>(&self, name_use: &'u NameUse) -> Option<&'u str> {
        let (table, column) = match name_use.name.0.as_slice() {
            [table] => (table, ""),
            [table, column] => (table, column.text.as_str()),
            _ => return None,
        };
        if table.text != EXCLUDED {
            return None;
        }
        let mut at = Some(name_use.scope);
        while let Some(scope) = at.map(|s| &self.shape.scopes[s]) {
            if let Some(item) = scope.items.iter().find(|i| i.name == EXCLUDED) {
                let target = scope.items[0].reference.is_some_and(|r| self.shape.references[r].role == Role::Insert);
                return (target && item.reference.is_none()).then_some(column);
            }
            at = scope.parent;
        }
        None
    }

    /// `excluded` has the columns of the target, which is the first item of its scope.
    fn excluded_has(&self, scope: &Scope, item: &Item, column: &str) -> Option<bool> {
        let target = scope.items.first()?;
        let is_excluded = item.name == EXCLUDED && item.reference.is_none() && item.body.is_none();
        let inserted = self.shape.references[target.reference?].role == Role::Insert;
        (is_excluded && inserted).then(|| self.has_column(target, column)).flatten()
    }

    /// Whether a name with this schema before it is that of no item, while one of another schema, which is rewritten, has it.
    pub(super) fn misses_rewritten(&self, name: &str, qualifier: &[NamePart], scope: ScopeId) -> bool {
        let bare = |_: &Reference| true;
        self.item_named(name, qualifier, scope).is_none()
            && self.item(name, Some(&bare), scope).is_some_and(|reference| self.rewritten(reference).is_some())
    }

    /// The reference that is visible under a name. With a schema before the name, only that schema's without an alias answers to it.
    fn item_named(&self, name: &str, qualifier: &[NamePart], scope: ScopeId) -> Option<usize> {
        match qualifier.last() {
            Some(schema) => self.item(name, Some(&|reference: &Reference| self.is_of(reference, &schema.text)), scope),
            None => self.item(name, None, scope),
        }
    }

    /// The reference that is visible under a name; of those without an alias only where `bare` is given, and accepts it.
    fn item(&self, name: &str, bare: Option<&dyn Fn(&Reference) -> bool>, scope: ScopeId) -> Option<usize> {
        let mut at = Some(scope);
        while let Some(scope) = at.map(|s| &self.shape.scopes[s]) {
            let matches = |item: &&Item| {
                let reference = item.reference.map(|r| &self.shape.references[r]);
                let is_meant = |bare: &dyn Fn(&Reference) -> bool| reference.is_some_and(|r| r.alias.is_none() && bare(r));
                item.name == name && bare.is_none_or(is_meant)
            };
            if let Some(item) = scope.items.iter().find(matches) {
                return item.reference;
            }
            at = scope.parent;
        }
        None
    }

    /// Whether a relation may be one of this schema: one that is not known is.
    fn is_of(&self, reference: &Reference, schema: &str) -> bool {
        match reference.name.0.as_slice() {
            [.., own, _] => own.text == schema || own.text.starts_with(TEMPORARY) && schema.starts_with(TEMPORARY),
            [table] => match self.names.namespace_of(self.policy, &table.text) {
                Some(Namespace::Temporary) => schema.starts_with(TEMPORARY),
                Some(Namespace::Schema(own)) => own == schema || !self.policy.has(&table.text),
                None => true,
            },
            [] => true,
        }
    }
}
