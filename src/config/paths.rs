//! The XDG folders, and files in them that nobody else may read.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::ConfigError;

/// Where ticketty keeps things on this machine. `XDG_*` variables decide; nothing is made until it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Settings and keymaps.
    pub config: PathBuf,
    /// The embedded desk, drafts and outboxes.
    pub data: PathBuf,
    /// The log.
    pub state: PathBuf,
    /// What can be fetched again.
    pub cache: PathBuf,
    /// What ends with the session; there may be none.
    pub runtime: Option<PathBuf>,
}

impl Paths {
    /// The folders of this user.
    pub fn discover() -> Result<Self, ConfigError> {
        let dirs = ProjectDirs::from("", "", "ticketty").ok_or_else(|| {
            ConfigError::new(
                "no place for ticketty's files",
                "this user has no home directory",
                "set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME",
            )
        })?;
        let data = dirs.data_dir().to_owned();
        Ok(Self {
            config: dirs.config_dir().to_owned(),
            state: dirs.state_dir().map_or_else(|| data.clone(), Path::to_owned),
            cache: dirs.cache_dir().to_owned(),
            runtime: dirs.runtime_dir().map(Path::to_owned),
            data,
        })
    }

    /// All folders below one, for tests and throw-away desks.
    pub fn under(root: &Path) -> Self {
        Self {
            config: root.join("config"),
            data: root.join("data"),
            state: root.join("state"),
            cache: root.join("cache"),
            runtime: None,
        }
    }

    /// The settings file.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// Where a token that was typed for a desk is kept.
    pub fn token_file(&self, desk: &str) -> PathBuf {
        self.data.join("tokens").join(desk)
    }

    /// The log file.
    pub fn log_file(&self) -> PathBuf {
        self.state.join("ticketty.log")
    }
}

/// Makes a folder, and what is missing above it, that only this user may enter.
pub fn private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Opens a file for appending that only this user may read.
pub fn private_append(file: &Path) -> io::Result<File> {
    if let Some(dir) = file.parent() {
        private_dir(dir)?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(file)
}

/// Replaces a file as a whole or not at all; only this user may read it.
pub fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // A linked settings file (dotfiles kept elsewhere) stays a link: its target is replaced.
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let dir = file.parent().unwrap_or(Path::new("."));
    private_dir(dir)?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = dir.join(name);
    let written = (|| {
        let mut out = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&temporary)?;
        out.set_permissions(Permissions::from_mode(0o600))?;
        out.write_all(bytes)?;
        out.sync_all()?;
        std::fs::rename(&temporary, &file)
    })();
    if written.is_err() {
        // What could not be finished is of no use; the error that matters is the first one.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// `~/x` as the shell would read it.
pub fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), directories::BaseDirs::new()) {
        (Ok(rest), Some(base)) => base.home_dir().join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_file_is_private_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deep/er/config.toml");
        write_private(&file, b"one").unwrap();
        write_private(&file, b"two").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_linked_file_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("real.toml");
        std::fs::write(&real, "old").unwrap();
        let link = dir.path().join("config.toml");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_private(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&real).unwrap(), b"new");
    }
}
