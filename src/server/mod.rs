//! The embedded helpdesk: a REST server over a [`store::Store`]. It knows nothing of the client.

pub mod store;
