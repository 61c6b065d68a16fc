//! What is said at the start.

use super::client;
use super::seed_file::{SeedClient, SeedUser};
use super::seeds::{SeedError, Seeds};
use crate::app::App;
use crate::web::paths;

/// The text that the command prints when the instance stands: where it is, who can sign in, which clients it knows.
///
/// # Errors
/// When the fixtures do not stand.
pub fn announcement(app: &App) -> Result<String, SeedError> {
    let seeds = Seeds::load(&app.config)?;
    let config = &app.config;
    let mut lines = vec![
        format!("{} (development mode, not for production)", config.instance_name),
        String::new(),
        format!("  issuer     {}", config.issuer()),
        format!("  discovery  {}", config.public_url.join(paths::DISCOVERY)),
        format!("  mailbox    {}", config.public_url.join("/_dev/mailbox")),
        format!("  try it     {}", config.public_url.join(client::PAGE)),
        format!("  all pages  {}", config.public_url.join("/_dev/")),
        String::new(),
        String::from("People (address, password, organizations)"),
    ];
    lines.extend(seeds.users.iter().map(|user| person(user, &seeds)));
    lines.push(String::new());
    lines.push(String::from("Clients (id, secret, redirect URIs)"));
    lines.extend(seeds.clients.iter().filter(|known| !client::is_own(&known.client_id)).map(declared));
    lines.push(String::new());
    if let Some(address) = &config.automatic_sign_in {
        lines.push(format!("Every browser is signed in as {address}."));
    }
    lines.push(String::from("ctrl-C stops it."));
    Ok(lines.join("\n"))
}

fn person(user: &SeedUser, seeds: &Seeds) -> String {
    let password = user.password.as_deref().unwrap_or("-");
    let organizations = match seeds.organizations_of(user.id).as_slice() {
        [] => String::from("-"),
        [only] => (*only).to_owned(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    };
    format!("  {:<36} {password:<36} {organizations}", user.email.as_str())
}

fn declared(known: &SeedClient) -> String {
    let secret = known.client_secret.as_deref().unwrap_or("(public client)");
    let uris: Vec<&str> = known.redirect_uris.iter().map(|uri| uri.as_str()).collect();
    format!("  {:<22} {secret:<28} {}", known.client_id.as_str(), uris.join(" "))
}
