//! `esclusa roles`.

use super::call::Call;
use super::terminal::{remark, say};
use crate::catalog::database::user_name;
use crate::error::{Error, Result};
use crate::migrate::roles;
use crate::relation::Context;
use crate::table::{ColumnType, Format, Table};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  esclusa roles > roles.sql && psql -v ON_ERROR_STOP=1 -d aqua -f roles.sql\n  esclusa roles --check"
)]
pub(super) struct Roles {
    /// The role that esclusa works as [default: the user in control.url].
    #[arg(long, value_name = "NAME")]
    control: Option<String>,
    /// A role that becomes the owner of legacy tables that a superuser owns; it is created, without login, if it does not exist.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Lists what must change about the role in control.url, what it lacks and what it would give away, with the SQL for it; exit code 1 if there is anything.
    #[arg(long, conflicts_with_all = ["control", "owner"])]
    check: bool,
}

pub(super) async fn run(call: Call, roles: Roles) -> Result<()> {
    let context = Context::new(&call.settings);
    let rules = call.rules()?;
    let tables = roles::tables(&rules);
    if tables.is_empty() {
        remark(
            "warning: there are no rules, so no right on any legacy table is among this; `esclusa rules generate` comes first",
        );
    }
    if roles.check {
        return check(&call, &context, &tables).await;
    }
    let role = roles.control.or_else(|| user_name(&call.settings.control.url));
    let role = role.ok_or_else(|| Error::usage("no role is given: set control.url with a user, or give --control"))?;
    say(&roles::script(&context, &role, &tables, roles.owner.as_deref()))
}

async fn check(call: &Call, context: &Context, tables: &[String]) -> Result<()> {
    let database = call.database().await?;
    let missing = roles::missing(&database, context, tables).await?;
    if missing.is_empty() {
        remark("the role in control.url has all that it needs");
        return Ok(());
    }
    let count = missing.len();
    let mut table = Table::new(&[("missing", ColumnType::Text), ("mended by", ColumnType::Text)]);
    for one in missing {
        // On a terminal a long script would be wrapped into a column; the JSON and the CSV have it.
        let is_script = call.format == Format::Table && one.mend.lines().nth(3).is_some();
        let mend = if is_script { "a superuser runs the script that `esclusa roles` prints".to_owned() } else { one.mend };
        table.push(vec![one.what.into(), mend.into()]);
    }
    call.print(&table)?;
    Err(Error::refused(format!("{count} things must be changed about the role in control.url")))
}
