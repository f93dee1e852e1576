//! Colours by meaning.

/// Colours and glyphs for one terminal.
#[derive(Clone, Debug)]
pub struct Theme {}
