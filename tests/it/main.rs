//! The one test binary: the rules of the source, the executable, and the stories told over HTTP.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod admin;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod dev;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod oidc;
#[cfg(test)]
mod overload;
#[cfg(test)]
mod package;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod site;
#[cfg(test)]
mod support;
#[cfg(test)]
mod watch;
#[cfg(test)]
mod web;
