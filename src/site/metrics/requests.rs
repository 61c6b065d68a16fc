//! How many requests were answered, how, and how quickly: by route, never by what is in the address.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use warp::http::StatusCode;

use super::exposition::{Exposition, Kind};
use crate::logs::{Durations, Route};
use crate::web::Declaration;

/// What stands in the place of a route where none fits.
const NO_ROUTE: &str = "none";
/// Classes of status.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The requests of one instance; clones share the numbers.
#[derive(Debug, Clone)]
pub struct Requests {
    /// One for each route in the order of the table, and one for no route.
    series: Arc<[Series]>,
}

/// The requests of one route.
#[derive(Debug)]
struct Series {
    method: String,
    route: &'static str,
    statuses: [AtomicU64; CLASSES.len()],
    durations: Durations,
}

impl Series {
    fn new(method: &str, route: &'static str) -> Self {
        let (statuses, durations) = (std::array::from_fn(|_| AtomicU64::new(0)), Durations::default());
        Self { method: method.to_owned(), route, statuses, durations }
    }
}

impl Requests {
    /// Counts by these routes.
    pub(in crate::site) fn of<'a>(routes: impl Iterator<Item = &'a Declaration>) -> Self {
        let of_routes = routes.map(|route| Series::new(route.method.as_str(), route.path));
        Self { series: of_routes.chain(std::iter::once(Series::new("any", NO_ROUTE))).collect() }
    }

    /// Counts a request that was answered.
    pub(in crate::site) fn count(&self, route: Option<Route>, status: StatusCode, duration: Duration) {
        let of_route = route.and_then(|route| self.series.get(route.position));
        let Some(series) = of_route.or(self.series.last()) else { return };
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(number) = series.statuses.get(class) {
            number.fetch_add(1, Ordering::Relaxed);
        }
        series.durations.note(duration);
    }

    /// Those routes that were asked, in the order of the table.
    pub(super) fn expose(&self, document: &mut Exposition) {
        let asked =
            || self.series.iter().map(|series| (series, series.durations.read())).filter(|(_, read)| read.count > 0);
        let name = "moncomptepro_requests_total";
        document.family(name, Kind::Counter, "Requests answered, by route and class of status.");
        for (series, _) in asked() {
            for (class, number) in CLASSES.iter().zip(&series.statuses) {
                let number = number.load(Ordering::Relaxed);
                if number > 0 {
                    let labels = [("method", series.method.as_str()), ("route", series.route), ("status", class)];
                    document.sample(name, &labels, number);
                }
            }
        }
        let name = "moncomptepro_request_duration_seconds";
        document.family(name, Kind::Histogram, "From the headers of a request to its answer, by route.");
        for (series, read) in asked() {
            document.durations(name, &[("method", series.method.as_str()), ("route", series.route)], &read);
        }
    }
}
