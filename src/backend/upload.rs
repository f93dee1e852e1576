//! The files of a message, on their way up to a desk.

use bytes::Bytes;

use super::DeskResult;
use crate::domain::{DeskError, Upload};
use crate::text::Clean;

/// Reads the files that go with a message, all before the first is sent: one that is gone refuses the message as a whole.
pub async fn read(files: &[Upload]) -> DeskResult<Vec<(&Upload, Bytes)>> {
    let mut read = Vec::with_capacity(files.len());
    for file in files {
        let bytes = tokio::fs::read(&file.path).await.map_err(|e| DeskError::Invalid {
            field: Some(Clean::line("files")),
            why: Clean::line(&format!("{} cannot be read: {e}; attach it again", file.path.display())),
        })?;
        read.push((file, bytes.into()));
    }
    Ok(read)
}
