//! An OpenID Connect provider in one executable: signs professionals in, ties their verified e-mail
//! address to an organization identified by its SIRET, and tells relying parties who they are and for
//! whom they act.

pub mod acts;
pub mod app;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod dev;
pub mod domain;
pub mod journey;
pub mod mail;
pub mod protocol;
pub mod render;
pub mod serve;
pub mod store;
pub mod web;
