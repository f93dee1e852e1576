//! The loop: answers before keys, then drain, then draw once; nothing is drawn while idle.

pub mod clipboard;
pub mod effects;
pub mod external;
