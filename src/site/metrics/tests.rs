//! What the numbers say, and what they never say.

use std::time::Duration;

use warp::http::StatusCode;

use super::Requests;
use super::exposition::{Exposition, Kind};
use crate::logs::Route;
use crate::web::{Declaration, Guard, Input, Method};

fn route(path: &'static str) -> Declaration {
    Declaration { method: Method::GET, path, input: Input::Visit, guard: Guard::Public, head: true }
}

fn exposed(requests: &Requests) -> String {
    let mut document = Exposition::default();
    requests.expose(&mut document);
    document.into_text()
}

#[test]
fn requests_are_counted_by_route_and_class_and_those_of_no_route_together() {
    let routes = [route("/livez"), route("/interaction/{id}")];
    let requests = Requests::of(routes.iter());
    for (taken, status) in [(Some(1), 200), (Some(1), 200), (Some(1), 503), (None, 404), (Some(7), 400)] {
        let taken = taken.map(|position| Route { position, pattern: "" });
        requests.count(taken, StatusCode::from_u16(status).unwrap(), Duration::from_millis(3));
    }
    let text = exposed(&requests);
    for sample in [
        "moncomptepro_requests_total{method=\"GET\",route=\"/interaction/{id}\",status=\"2xx\"} 2\n",
        "moncomptepro_requests_total{method=\"GET\",route=\"/interaction/{id}\",status=\"5xx\"} 1\n",
        "moncomptepro_requests_total{method=\"any\",route=\"none\",status=\"4xx\"} 2\n",
        "moncomptepro_request_duration_seconds_bucket{method=\"GET\",route=\"/interaction/{id}\",le=\"0.002\"} 0\n",
        "moncomptepro_request_duration_seconds_bucket{method=\"GET\",route=\"/interaction/{id}\",le=\"0.005\"} 3\n",
        "moncomptepro_request_duration_seconds_count{method=\"GET\",route=\"/interaction/{id}\"} 3\n",
    ] {
        assert!(text.contains(sample), "{sample}{text}");
    }
    assert!(!text.contains("/livez"), "what was never asked is not shown");
}

#[test]
fn labels_are_escaped() {
    let mut document = Exposition::default();
    document.family("name", Kind::Gauge, "Help.");
    document.sample("name", &[("label", "a\"b\\c\nd")], 1);
    assert_eq!(document.into_text(), "# HELP name Help.\n# TYPE name gauge\nname{label=\"a\\\"b\\\\c\\nd\"} 1\n");
}
