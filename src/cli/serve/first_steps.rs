//! What an operator types next, on an instance that has no people or no services yet.

use crate::app::App;
use crate::cli::{Ending, language};
use crate::protocol::Locale;
use crate::store::{clients, users};

/// The next commands, ready to be completed; `None` where there is somebody to sign in and a service to sign in to.
pub(super) fn advice(app: &App) -> Result<Option<String>, Ending> {
    let (has_people, has_clients) = app
        .store
        .read(|tx| Ok((!users::list(tx, None, 1)?.is_empty(), !clients::list(tx, None, 1)?.is_empty())))
        .map_err(Ending::refused)?;
    let config = match &app.config.file {
        Some(path) => format!(" --config {}", path.display()),
        None => String::new(),
    };
    let locale = language();
    let mut lines = Vec::new();
    if !has_people {
        lines.push(match locale {
            Locale::Fr => String::from("Personne n'a encore de compte. Pour créer le premier :"),
            Locale::En => String::from("Nobody has an account yet. To make the first one:"),
        });
        lines.push(match locale {
            Locale::Fr => {
                format!(
                    "  moncomptepro user create prenom.nom@exemple.fr --given-name Prénom --family-name Nom{config}"
                )
            }
            Locale::En => {
                format!("  moncomptepro user create name@example.com --given-name Given --family-name Family{config}")
            }
        });
        lines.push(match locale {
            Locale::Fr => String::from("Pour que cette personne administre l'instance, à l'adresse /admin :"),
            Locale::En => String::from("To have them administer the instance, at /admin:"),
        });
        lines.push(match locale {
            Locale::Fr => {
                format!("  moncomptepro admin grant prenom.nom@exemple.fr --role administrator{config}")
            }
            Locale::En => format!("  moncomptepro admin grant name@example.com --role administrator{config}"),
        });
    }
    if !has_clients {
        lines.push(match locale {
            Locale::Fr => String::from("Aucun service n'est encore raccordé. Pour raccorder le premier :"),
            Locale::En => String::from("No service is connected yet. To connect the first one:"),
        });
        lines.push(match locale {
            Locale::Fr => format!(
                "  moncomptepro client create --name \"Mon service\" --redirect-uri https://service.exemple.fr/callback{config}"
            ),
            Locale::En => format!(
                "  moncomptepro client create --name \"My service\" --redirect-uri https://service.example.com/callback{config}"
            ),
        });
    }
    Ok((!lines.is_empty()).then(|| lines.join("\n")))
}
