//! Signing in, the account and its pages.

pub mod pages;
