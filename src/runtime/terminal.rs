//! The terminal: taken, drawn on, given back, whatever happens.
