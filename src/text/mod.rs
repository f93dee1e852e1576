//! Everything a customer wrote passes here. Total, linear, never failing.

pub mod clean;
pub mod fold;
pub mod html;
pub mod links;
pub mod quote;
pub mod time;
pub mod width;
pub mod wrap;

pub use clean::Clean;
pub use fold::fold;
