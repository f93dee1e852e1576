//! One pusher per account, and one that asks for news: whoever holds such a lock does it for all processes. The system releases it when its holder dies.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;

use super::{Local, LocalError};

/// A right that one process of an account has, until it is dropped.
#[derive(Debug)]
pub struct OneOfUs {
    _file: fs::File,
}

impl Local {
    /// Takes the right to push, or `None` while another process (or another task of this one) has it. Never waits.
    pub fn try_push_lock(&self) -> Result<Option<OneOfUs>, LocalError> {
        self.try_lock("push.lock")
    }

    /// Takes the right to ask a desk for news that sends none; the others read what it kept.
    pub fn try_poll_lock(&self) -> Result<Option<OneOfUs>, LocalError> {
        self.try_lock("poll.lock")
    }

    /// Takes the right to ask such a desk for a list; who waits for it finds the answer kept.
    pub fn try_ask_lock(&self) -> Result<Option<OneOfUs>, LocalError> {
        self.try_lock("ask.lock")
    }

    /// The file by which the account's processes tell each other that the desk wants to be left alone.
    pub fn silence_file(&self) -> std::path::PathBuf {
        self.path().with_extension("quiet")
    }

    fn try_lock(&self, name: &str) -> Result<Option<OneOfUs>, LocalError> {
        let path = self.path().with_extension(name);
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| LocalError::from_io(&path, &e))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(OneOfUs { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(e)) => Err(LocalError::from_io(&path, &e)),
        }
    }
}
