//! What every endpoint shares.

pub mod pages;
