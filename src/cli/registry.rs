//! `esclusa registry --directory DIR`: writes the final documentation from the rules, with rows and states from the database.

use std::path::PathBuf;

use super::call::Call;
use super::terminal::remark;
use crate::disk;
use crate::error::{Error, Result};
use crate::migrate::condition;
use crate::relation::Context;
use crate::report::registry::{self, Deployed, Registry};
use crate::report::verdict::Language;
use crate::rule::Rule;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It writes registry.html, registry.md, columns.csv, diagram.mmd (Mermaid) and diagram.svg.\n\nExample:\n  esclusa registry --directory registry --lang es"
)]
pub(super) struct Asked {
    /// Where the files are written.
    #[arg(long, value_name = "DIRECTORY")]
    directory: PathBuf,
    /// The language of sentences: en or es.
    #[arg(long, default_value = "en")]
    lang: Language,
}

pub(super) async fn run(call: Call, asked: Asked) -> Result<()> {
    let rules = call.rules()?;
    let context = Context::new(&call.settings);
    let deployed = if call.settings.control.url.is_empty() {
        remark("control.url is not set: the registry is made from the rules alone, without rows and states");
        Deployed::default()
    } else {
        let database = call.prepared_database().await?;
        let all: Vec<&Rule> = rules.rules.values().collect();
        let facts = condition::facts(&database, &context, &all, call.settings.migrate.observation).await?;
        registry::deployed(&database, &context, facts).await?
    };
    let registry = Registry::new(&rules, &context, deployed, asked.lang);
    let at = jiff::Timestamp::now().strftime("%FT%TZ").to_string();
    let directory = &asked.directory;
    std::fs::create_dir_all(directory).map_err(|e| Error::io(format!("making {}", directory.display()), e))?;
    let files = [
        ("registry.html", registry.html(&at)),
        ("registry.md", registry.markdown(&at)),
        ("columns.csv", registry.columns().csv()),
        ("diagram.mmd", registry.mermaid()),
        ("diagram.svg", registry.svg()),
    ];
    disk::replace(&files.map(|(name, text)| (directory.join(name), text)))?;
    remark(&format!("{} tables are registered in {}", rules.rules.len(), directory.display()));
    Ok(())
}
