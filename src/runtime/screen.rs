//! The back end that draws.
