//! Everything a customer wrote passes here. Total, linear, never failing.

pub mod clean;

pub use clean::Clean;
