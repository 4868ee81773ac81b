//! The registry of what the consolidation has made (the plan's P2-S4-13): the domains, the audited histories, where every legacy column lies now,
//! and the diagram of entities. It is made from the same relations as views, backfill and proof, so it cannot contradict them; rows and states from
//! the database are shown beside it.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::catalog::Database;
use crate::error::Result;
use crate::migrate::condition::Facts;
use crate::migrate::machine::State;
use crate::relation::target::{ALL, Target};
use crate::relation::{Context, Relation};
use crate::rule::RuleSet;
use crate::sql::quote::literal;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Table, escaped};

use super::page::{Section, page};
use super::verdict::Language;

/// What the database has of the new tables.
#[derive(Debug, Clone, Default)]
pub struct Deployed {
    /// Columns of the new tables: table, column, type; in order.
    pub columns: Vec<(String, String, String)>,
    /// Rows of the leaves, counted.
    pub rows: HashMap<String, i64>,
    /// Where each table stands.
    pub facts: HashMap<String, Facts>,
}

/// Asks the database.
pub async fn deployed(db: &Database, context: &Context, facts: HashMap<String, Facts>) -> Result<Deployed> {
    let doing = "reading what is deployed";
    let names = ALL.map(|t| literal(t.table)).join(", ");
    let columns = format!(
        "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid \
         WHERE c.relnamespace = to_regnamespace($1) AND c.relname IN ({names}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"
    );
    let columns = db.query(doing, &columns, &[&crate::sql::quote::ident(&context.schema)]).await?;
    let leaves = "SELECT relname::text, oid::regclass::text FROM pg_class WHERE relnamespace = to_regnamespace('esclusa_leaf') AND relkind IN ('r', 'p')";
    let mut rows = HashMap::new();
    for leaf in db.query(doing, leaves, &[]).await? {
        let count = format!("SELECT count(*) FROM {}", leaf.get::<_, &str>(1));
        rows.insert(leaf.get(0), db.one(doing, &count, &[]).await?.get(0));
    }
    Ok(Deployed { columns: columns.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect(), rows, facts })
}

/// The registry, in parts that each have a title, a question and a table.
pub struct Registry<'r> {
    rules: &'r RuleSet,
    relations: Vec<Relation>,
    deployed: Deployed,
    language: Language,
}

impl<'r> Registry<'r> {
    /// Of all rules.
    pub fn new(rules: &'r RuleSet, context: &Context, deployed: Deployed, language: Language) -> Self {
        let relations = rules.rules.values().map(|rule| Relation::compile(rule, context)).collect();
        Registry { rules, relations, deployed, language }
    }

    fn of<'s>(&'s self, target: &'static Target) -> impl Iterator<Item = &'s Relation> {
        self.relations.iter().filter(move |r| r.target().is_some_and(|t| t.table == target.table))
    }

    /// The parts, in order.
    pub fn sections(&self) -> Vec<Section> {
        let word = |english: &'static str, spanish: &'static str| self.language.of(english, spanish).to_owned();
        let mut sections: Vec<Section> = ALL
            .iter()
            .map(|target| Section {
                title: target.table.to_owned(),
                question: word(
                    "Which legacy tables are stored in it, and under what name?",
                    "¿Qué tablas heredadas están en ella y con qué nombre?",
                ),
                table: self.registered(target),
                whole: true,
            })
            .collect();
        sections.push(Section {
            title: word("Kept", "Conservadas"),
            question: word(
                "Which legacy tables are retained, and what do they get?",
                "¿Qué tablas heredadas se conservan y qué reciben?",
            ),
            table: self.kept(),
            whole: true,
        });
        sections.push(Section {
            title: word("Columns", "Columnas"),
            question: word("Where is each legacy column stored now?", "¿Dónde se guarda ahora cada columna heredada?"),
            table: self.columns(),
            whole: true,
        });
        sections
    }

    fn registered(&self, target: &'static Target) -> Table {
        let mut table = Table::new(&[
            (target.discriminator, Text),
            ("legacy_table", Text),
            ("base", Text),
            ("key", Text),
            ("columns", Int),
            ("written_by", Text),
            ("wave", Text),
            ("tasks", Text),
            ("state", Text),
            ("rows", Int),
        ]);
        for relation in self.of(target) {
            let Some(rule) = self.rules.rules.get(&relation.table) else { continue };
            let history = rule.target.history();
            let key: Vec<&str> = relation.key.iter().map(|i| relation.columns[*i].name.as_str()).collect();
            table.push(vec![
                relation.home.as_ref().map(|h| h.value.clone()).into(),
                relation.table.as_str().into(),
                history.and_then(|h| h.base.clone()).into(),
                key.join(", ").into(),
                relation.columns.len().into(),
                history.map(|h| h.capture.name()).into(),
                rule.wave.as_str().into(),
                rule.tasks.join(", ").into(),
                self.state(&relation.table).into(),
                self.deployed.rows.get(&relation.table).copied().into(),
            ]);
        }
        table
    }

    fn state(&self, table: &str) -> Option<&'static str> {
        self.deployed.facts.get(table).and_then(|f| f.state).map(State::name)
    }

    fn kept(&self) -> Table {
        let mut table = Table::new(&[
            ("legacy_table", Text),
            ("key", Text),
            ("columns", Int),
            ("gets", Text),
            ("tasks", Text),
            ("state", Text),
        ]);
        for relation in self.relations.iter().filter(|r| r.is_retained()) {
            let Some(rule) = self.rules.rules.get(&relation.table) else { continue };
            table.push(vec![
                relation.table.as_str().into(),
                rule.key.columns.join(", ").into(),
                relation.columns.len().into(),
                "hst_id, hst_operation, a key on hst_id, an index on key and time".into(),
                rule.tasks.join(", ").into(),
                self.state(&relation.table).into(),
            ]);
        }
        table
    }

    /// Where each legacy column is stored: the expression by which every view reads it.
    pub fn columns(&self) -> Table {
        let mut table = Table::new(&[
            ("legacy_table", Text),
            ("column", Text),
            ("type", Text),
            ("not_null", Text),
            ("base_column", Text),
            ("lies_in", Text),
            ("read_by", Text),
        ]);
        for relation in &self.relations {
            let Some(rule) = self.rules.rules.get(&relation.table) else { continue };
            for (at, column) in rule.columns.iter().enumerate() {
                table.push(vec![
                    relation.table.as_str().into(),
                    column.column.name.as_str().into(),
                    column.column.type_name.as_str().into(),
                    if column.column.not_null { "NOT NULL" } else { "" }.into(),
                    column.base.clone().into(),
                    relation.target_name().into(),
                    relation.read(at, None).into(),
                ]);
            }
        }
        table
    }

    /// The new tables, their columns and references, for Mermaid.
    pub fn mermaid(&self) -> String {
        let mut out = String::from("erDiagram\n");
        for target in ALL {
            let _ = writeln!(out, "    {} {{", target.table);
            for (name, column_type) in self.of_table(target) {
                // Mermaid takes only one word as a type.
                let word: String = column_type.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
                let key = if name == target.discriminator { " PK" } else { "" };
                let _ = writeln!(out, "        {} {name}{key}", word.trim_matches('_'));
            }
            out.push_str("    }\n");
        }
        for line in self.relationships() {
            let _ = writeln!(out, "    {line}");
        }
        out
    }

    fn of_table(&self, target: &Target) -> Vec<(String, String)> {
        let there = self.deployed.columns.iter().filter(|(table, ..)| table == target.table);
        let there: Vec<(String, String)> = there.map(|(_, name, column_type)| (name.clone(), column_type.clone())).collect();
        match there.is_empty() {
            true => target.columns.iter().map(|name| ((*name).to_owned(), "column".to_owned())).collect(),
            false => there,
        }
    }

    /// Bases whose changes are recorded, and domains that others are linked to.
    fn relationships(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for relation in &self.relations {
            let history = self.rules.rules.get(&relation.table).and_then(|rule| rule.target.history());
            if let (Some(base), Some(target)) = (history.and_then(|h| h.base.as_ref()), relation.target()) {
                lines.push(format!("{} ||--o{{ {} : \"{}\"", entity(base), target.table, relation.table));
            }
        }
        let [.., values, links] = ALL;
        lines.push(format!("{} ||--o{{ {} : \"source\"", values.table, links.table));
        lines.push(format!("{} ||--o{{ {} : \"target\"", values.table, links.table));
        lines.sort();
        lines.dedup();
        lines
    }

    /// A picture of the new tables with their columns and the number of legacy tables in each.
    pub fn svg(&self) -> String {
        const WIDTH: usize = 300;
        const LINE: usize = 18;
        let entities: Vec<(String, Vec<(String, String)>)> = ALL
            .iter()
            .map(|target| {
                let legacy = self.language.of("legacy tables", "tablas heredadas");
                (format!("{}: {} {legacy}", target.table, self.of(target).count()), self.of_table(target))
            })
            .collect();
        let height = entities.iter().map(|(_, columns)| (columns.len() + 2) * LINE).max().unwrap_or(0) + 60;
        let width = entities.len() * (WIDTH + 60) + 20;
        let title = self.language.of("The consolidated tables", "Las tablas consolidadas");
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             font-family=\"system-ui,sans-serif\" font-size=\"12\"><title>{title}</title>\n"
        );
        for (at, (name, columns)) in entities.iter().enumerate() {
            let (x, tall) = (20 + at * (WIDTH + 60), (columns.len() + 1) * LINE + 12);
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"20\" width=\"{WIDTH}\" height=\"{tall}\" fill=\"none\" stroke=\"currentColor\"/>\
                 <text x=\"{}\" y=\"38\" font-weight=\"bold\" fill=\"currentColor\">{}</text>",
                x + 8,
                escaped(name)
            );
            for (line, (column, column_type)) in columns.iter().enumerate() {
                let _ = writeln!(
                    out,
                    "<text x=\"{}\" y=\"{}\" fill=\"currentColor\">{} {}</text>",
                    x + 8,
                    38 + (line + 1) * LINE,
                    escaped(column),
                    escaped(column_type)
                );
            }
        }
        // The last is linked to the one before it, twice.
        if entities.len() > 1 {
            let x = 20 + (entities.len() - 1) * (WIDTH + 60);
            for (y, word) in [(60, "source"), (90, "target")] {
                let _ = writeln!(
                    out,
                    "<path d=\"M{} {y}H{x}\" stroke=\"currentColor\"/><text x=\"{}\" y=\"{}\" font-size=\"9\" fill=\"currentColor\">{word}</text>",
                    x - 60,
                    x - 56,
                    y - 3
                );
            }
        }
        out.push_str("</svg>\n");
        out
    }

    fn headline(&self) -> Vec<String> {
        let counted = ALL.iter().map(|target| format!("{}: {}", target.table, self.of(target).count()));
        let kept = self.relations.iter().filter(|r| r.is_retained()).count();
        counted.chain([self.language.of("kept: {n}", "conservadas: {n}").replace("{n}", &kept.to_string())]).collect()
    }

    /// As an HTML page.
    pub fn html(&self, at: &str) -> String {
        let title = self.language.of("Registry of the consolidated tables", "Registro de las tablas consolidadas");
        page(title, &self.headline(), self.sections(), at, self.language)
    }

    /// As Markdown, for a repository.
    pub fn markdown(&self, at: &str) -> String {
        let title = self.language.of("Registry of the consolidated tables", "Registro de las tablas consolidadas");
        let mut out = format!("# {title}\n\nesclusa, {at}\n\n");
        for answer in self.headline() {
            let _ = writeln!(out, "- {answer}");
        }
        let _ = write!(out, "\n```mermaid\n{}```\n", self.mermaid());
        for section in self.sections() {
            let _ = write!(out, "\n## {}\n\n{}\n\n{}", section.title, section.question, markdown(&section.table));
        }
        out
    }
}

/// A name in the form that Mermaid accepts.
fn entity(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

fn markdown(table: &Table) -> String {
    let cell = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;");
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(table.columns.iter().map(|c| cell(&c.name)).collect());
    out += &line(table.columns.iter().map(|_| "---".to_owned()).collect());
    for row in &table.rows {
        out += &line(row.iter().map(|c| cell(&c.text())).collect());
    }
    out
}
