//! Files that are replaced together. All new texts are on the disk before the first old file is replaced, so a full disk, or a process killed while
//! it writes, leaves every old file as it was. Then each new file is renamed to its name.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes new files beside the old ones, and renames them in the given order. On an error no temporary file is left behind, and nothing was
/// replaced unless a rename itself failed.
pub fn replace(files: &[(PathBuf, String)]) -> Result<()> {
    let mut written = Vec::with_capacity(files.len());
    let all = files.iter().try_for_each(|(path, text)| {
        // A symbolic link stays: the file that it points to is replaced.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let beside = beside(&place);
        written.push((beside.clone(), place.clone()));
        write(&beside, &place, text).map_err(|e| Error::io(format!("writing {}", path.display()), e))
    });
    let all = all.and_then(|()| {
        written.iter().try_for_each(|(beside, place)| {
            fs::rename(beside, place).map_err(|e| Error::io(format!("replacing {}", place.display()), e))
        })
    });
    if all.is_err() {
        // Renamed files are no longer there; that error is expected.
        written.iter().for_each(|(beside, _)| drop(fs::remove_file(beside)));
    }
    all
}

/// A name that is not read as a rule, and that the next run uses again.
fn beside(place: &Path) -> PathBuf {
    let name = place.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    place.with_file_name(format!(".{name}.new"))
}

/// Writes and syncs the new file, with the permissions of the file that it will replace.
fn write(beside: &Path, place: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create(beside)?;
    if let Ok(old) = fs::metadata(place) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_cannot_be_written_keeps_the_others_from_being_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (one, none) = (directory.path().join("a.toml"), directory.path().join("missing/b.toml"));
        fs::write(&one, "old").unwrap();
        let error = replace(&[(one.clone(), "new".into()), (none.clone(), "new".into())]).unwrap_err();
        assert!(error.to_string().starts_with(&format!("writing {}: ", none.display())), "{error}");
        assert_eq!(fs::read_to_string(&one).unwrap(), "old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left behind");
        replace(&[(one.clone(), "new".into())]).unwrap();
        assert_eq!(fs::read_to_string(&one).unwrap(), "new");
    }

    #[test]
    fn rights_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link.toml"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        replace(&[(link.clone(), "new".into())]).unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
