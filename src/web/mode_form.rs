//! The form that switches modes: of one table, or of all that may have the mode.

use askama::Template;

use super::frame::Frame;
use super::site::Site;
use crate::mode::Mode;

#[derive(Template)]
#[template(path = "form.html")]
struct ModeForm<'f> {
    frame: &'f Frame,
    current: &'f str,
    /// Only for users who may switch modes.
    token: Option<String>,
    /// Empty for all.
    table: &'f str,
    legend: &'f str,
    choices: [Choice<'f>; 5],
}

struct Choice<'f> {
    name: &'static str,
    meaning: &'f str,
}

/// The form for a table, or for all that may have a mode.
pub(super) fn form(frame: &Frame, site: &Site, table: Option<&str>, current: Option<&str>) -> String {
    let choices = Mode::ALL.map(|mode| Choice { name: mode.name(), meaning: meaning(frame, mode) });
    let token = frame.is_admin.then(|| site.tokens.of(&frame.user));
    let legend = match table {
        Some(_) => frame.of("Mode of this table", "Modo de esta tabla"),
        None => frame.of("Mode of all tables", "Modo de todas las tablas"),
    };
    let (table, current) = (table.unwrap_or_default(), current.unwrap_or_default());
    frame.part(&ModeForm { frame, current, token, table, legend, choices })
}

fn meaning(frame: &Frame, mode: Mode) -> &'static str {
    let (english, spanish) = match mode {
        Mode::Off => ("not looked at", "no se mira"),
        Mode::Observe => ("forwarded untouched, and counted", "pasa sin cambios y se cuenta"),
        Mode::Shadow => (
            "forwarded untouched; the rewritten form runs beside it and is compared",
            "pasa sin cambios; la reescrita corre aparte y se compara",
        ),
        Mode::Rewrite => ("answered by the new tables", "responden las tablas nuevas"),
        Mode::Refuse => ("answered with an error: the name is retired", "se responde con un error: el nombre está retirado"),
    };
    frame.of(english, spanish)
}
