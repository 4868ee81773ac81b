//! A junction: rows of `domain_value_link`.

use super::super::columns::{Column, Key};
use super::super::origin::Origin;
use super::super::section::Section;
use super::{Field, Kind};
use crate::error::Faults;

/// A junction that becomes rows of `domain_value_link`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// `dvl_link_type`.
    pub link_type: String,
    /// `dvl_source_domain`.
    pub source_domain: String,
    /// The columns of `dvl_source_code`.
    pub source: Vec<String>,
    /// `dvl_target_domain`.
    pub target_domain: String,
    /// The columns of `dvl_target_code`.
    pub target: Vec<String>,
}

impl Kind for Link {
    fn read(section: &mut Section<'_, '_, '_>) -> Link {
        Link {
            link_type: section.required("type"),
            source_domain: section.required("source_domain"),
            source: section.list("source"),
            target_domain: section.required("target_domain"),
            target: section.list("target"),
        }
    }

    fn name(&self) -> &'static str {
        "link"
    }

    fn summary(&self) -> String {
        format!("junction, now type {} of domain_value_link", self.link_type)
    }

    fn place(&self) -> String {
        format!("domain_value_link {}", self.link_type)
    }

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("type", Field::Text(Some(&self.link_type))),
            ("source_domain", Field::Text(Some(&self.source_domain))),
            ("source", Field::Columns(&self.source)),
            ("target_domain", Field::Text(Some(&self.target_domain))),
            ("target", Field::Columns(&self.target)),
        ]
    }

    fn claim(&self) -> Option<(String, &'static str)> {
        Some((format!("link type {}", self.link_type), "target.type"))
    }

    fn check(&self, _columns: &[Column], key: &Key, origin: &Origin, faults: &mut Faults) {
        let ends: Vec<&String> = self.source.iter().chain(&self.target).collect();
        if ends.len() != key.columns.len() || key.columns.iter().any(|c| !ends.contains(&c)) {
            faults.push(origin.fault("key.columns", "key.columns of a link are the columns of target.source and target.target"));
        }
    }
}
