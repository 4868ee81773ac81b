//! The files below some paths, in order. Symbolic links inside a tree are not followed, so that no tree is endless; devices and pipes are skipped.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Directories of version control.
const OF_VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".svn", "CVS"];

/// Every file. A given path must exist; unreadable files and directories below it are reported.
pub(super) fn files(paths: &[PathBuf], unread: &mut Vec<String>) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|e| Error::usage(format!("{}: {e}", path.display())))?;
        if metadata.is_file() {
            files.push(path.clone());
            continue;
        }
        let mut open = vec![path.clone()];
        while let Some(directory) = open.pop() {
            match entries(&directory) {
                Ok((below, here)) => {
                    open.extend(below);
                    files.extend(here);
                }
                Err(error) => unread.push(format!("{}: {error}", directory.display())),
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The directories and the files of a directory.
fn entries(directory: &Path) -> std::io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let is_own = OF_VERSION_CONTROL.iter().any(|name| entry.file_name() == *name);
        if kind.is_dir() && !is_own {
            directories.push(entry.path());
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok((directories, files))
}
