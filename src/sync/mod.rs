//! Between the desk and this machine: `push` brings the outbox to the desk, in order and once; `pull` brings the desk's news;
//! `import` brings mail files.

pub mod import;
pub mod pull;
pub mod push;
