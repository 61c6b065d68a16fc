//! Stories of development mode.

mod another_person;
mod client;
mod control;
mod directory;
mod documented_example;
mod fixtures;
mod mailbox;
mod methods;
mod picker;
mod script;
mod unknown_clients;

use script::Script;
