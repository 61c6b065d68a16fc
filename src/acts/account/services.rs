//! The services that a person uses, and how they take back what one was granted.

use crate::acts::sessions::ActiveSession;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{AuditEvent, Client, ClientId, ServiceUse, UserId};
use crate::store::{Read, StoreError, clients, service_uses};

/// A service in use. A client that is not there any more has no name.
#[derive(Debug, Clone)]
pub struct UsedService {
    /// What is known of its use.
    pub used: ServiceUse,
    /// The client.
    pub client: Option<Client>,
}

/// The services of a person, the last one used first.
///
/// # Errors
/// When the store fails.
pub fn list_used_services(tx: &impl Read, user_id: UserId) -> Result<Vec<UsedService>, StoreError> {
    let mut services = Vec::new();
    for used in service_uses::list_of_user(tx, user_id)? {
        if !used.is_revoked() {
            let client = clients::find(tx, &used.client_id)?;
            services.push(UsedService { used, client });
        }
    }
    services.sort_by_key(|service| std::cmp::Reverse(service.used.in_use().map(|(_, last)| last)));
    Ok(services)
}

/// Takes back what a service was granted: its tokens are void at once, and it is told nothing more before the person allows
/// it anew. Whether they used it.
///
/// # Errors
/// When the store fails.
pub async fn revoke_service(app: &App, by: &By, active: &ActiveSession, client_id: ClientId) -> Result<bool, ActError> {
    let circumstances = Circumstances::of(app, by);
    let (user_id, now) = (active.user.id, app.clock.now());
    let was_used = app
        .store
        .write(move |tx| {
            let found = service_uses::find(tx, user_id, &client_id)?.filter(|used| !used.is_revoked());
            let Some(used) = found else { return Ok(false) };
            service_uses::put(tx, &used.revoked(now))?;
            let client_id = client_id.clone();
            circumstances.record(tx, AuditEvent::ServiceRevoked { user_id, client_id })?;
            Ok(true)
        })
        .await?;
    Ok(was_used)
}
