//! A look-up: rows of `domain_value`.

use super::super::section::Section;
use super::{Field, Kind};

/// A look-up that becomes rows of `domain_value`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lookup {
    /// `dv_domain`.
    pub domain: String,
    /// The column that becomes `dv_txtid`.
    pub text_id: Option<String>,
    /// The column that becomes `dv_description`.
    pub description: Option<String>,
    /// The column that is copied to `dv_is_active`.
    pub active: Option<String>,
    /// The column that is copied to `dv_expid`.
    pub expid: Option<String>,
    /// The column that is copied to `dv_hstusu`.
    pub user: Option<String>,
    /// The column that is copied to `dv_hsthora`.
    pub time: Option<String>,
}

impl Kind for Lookup {
    fn read(section: &mut Section<'_, '_, '_>) -> Lookup {
        Lookup {
            domain: section.required("domain"),
            text_id: section.text("text_id"),
            description: section.text("description"),
            active: section.text("active"),
            expid: section.text("expid"),
            user: section.text("user"),
            time: section.text("time"),
        }
    }

    fn name(&self) -> &'static str {
        "lookup"
    }

    fn summary(&self) -> String {
        format!("look-up, now domain {} of domain_value", self.domain)
    }

    fn place(&self) -> String {
        format!("domain_value {}", self.domain)
    }

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("domain", Field::Text(Some(&self.domain))),
            ("text_id", Field::Column(self.text_id.as_deref())),
            ("description", Field::Column(self.description.as_deref())),
            ("active", Field::Column(self.active.as_deref())),
            ("expid", Field::Column(self.expid.as_deref())),
            ("user", Field::Column(self.user.as_deref())),
            ("time", Field::Column(self.time.as_deref())),
        ]
    }

    fn claim(&self) -> Option<(String, &'static str)> {
        Some((format!("domain {}", self.domain), "target.domain"))
    }
}
