//! Development mode: its pages, mailbox, control API and client.

pub mod pages;
