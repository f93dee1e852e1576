//! One pusher per account: whoever holds this lock pushes for all processes. The system releases it when its holder dies.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;

use super::{Local, LocalError};

/// The right to push, until it is dropped.
#[derive(Debug)]
pub struct PushLock {
    _file: fs::File,
}

impl Local {
    /// Takes the right to push, or `None` while another process (or another task of this one) has it. Never waits.
    pub fn try_push_lock(&self) -> Result<Option<PushLock>, LocalError> {
        let path = self.path().with_extension("push.lock");
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| LocalError::from_io(&path, &e))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(PushLock { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(e)) => Err(LocalError::from_io(&path, &e)),
        }
    }
}
