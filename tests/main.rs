//! The only test binary: what is tested from outside. Most tests stand beside the code they test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bad_input;
mod cli;
mod contract;
mod crash;
mod desks;
mod faults;
mod keymaps;
mod pty;
mod rooms;
mod words;
