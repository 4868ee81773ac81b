//! The product's dependencies, as far as they can be checked without a network: every licence is one that we may ship under Apache-2.0, and no
//! crate needs a newer Rust than `Cargo.toml` promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::process::Command;

use serde_json::Value;

/// Licences that require a notice, and no more. MPL-2.0 asks for the source of its own files when they are changed: we change none.
const LICENCES: &[&str] =
    &["Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "ISC", "MIT", "MPL-2.0", "Unicode-3.0", "Unlicense", "Zlib"];

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The packages of this platform: those of others were never fetched.
fn packages() -> Vec<Value> {
    let version = String::from_utf8(run("rustc", &["-vV"])).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host];
    let metadata: Value = serde_json::from_slice(&run(&cargo, &arguments)).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Whether an expression of SPDX is met by licences that we may ship. The old form separates alternatives by a slash.
fn may_ship(expression: &str) -> bool {
    let may = |one: &str| LICENCES.contains(&one.split(" WITH ").next().unwrap_or(one).trim());
    let tidy = expression.replace('/', " OR ");
    // No expression nests deeper than alternatives in parentheses within an AND.
    tidy.split(" AND ").all(|part| part.trim().trim_matches(['(', ')']).split(" OR ").any(may))
}

#[test]
fn every_licence_may_be_shipped() {
    assert!(
        may_ship("MIT/Apache-2.0") && may_ship("(MIT OR GPL-3.0) AND Unicode-3.0") && may_ship("Apache-2.0 WITH LLVM-exception")
    );
    assert!(!may_ship("GPL-3.0-only") && !may_ship("MIT AND SSPL-1.0") && !may_ship("(GPL-2.0 OR AGPL-3.0) AND MIT"));
    let packages = packages();
    assert!(packages.len() > 100, "{}", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(may_ship))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn no_crate_asks_for_a_newer_rust() {
    let number = |version: &str| version.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
    let ours = number(env!("CARGO_PKG_RUST_VERSION"));
    let newer: Vec<String> = packages()
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|version| number(version) > ours))
        .map(|package| format!("{} asks for {}", package["name"], package["rust_version"]))
        .collect();
    assert!(newer.is_empty(), "{}", newer.join("\n"));
}
