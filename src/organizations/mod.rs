//! Organizations and their pages.

pub mod pages;
