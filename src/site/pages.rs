//! Every page of every room, for whoever writes all of them.

use crate::render::PageCheck;
use crate::{accounts, admin, dev, oidc, organizations, web};

/// All of them, room by room.
pub fn every_page() -> Vec<PageCheck> {
    let rooms = [
        accounts::pages::templates(),
        organizations::pages::templates(),
        admin::pages::templates(),
        oidc::pages::templates(),
        web::pages::templates(),
        dev::pages::templates(),
    ];
    rooms.into_iter().flatten().collect()
}
