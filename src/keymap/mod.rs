//! Keys to actions.

/// A whole keymap.
#[derive(Clone, Debug)]
pub struct Keymap {}
