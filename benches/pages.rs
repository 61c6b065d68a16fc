//! How long a page takes to be written: every page in each of its states, in both languages.
//!
//! `cargo bench --bench pages` prints the slowest states, the median of all, and beside it what writing the same bytes costs
//! when nothing but the escaping of HTML is done to them.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise and prints what it measured"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock of the machine")]

use std::hint::black_box;
use std::time::Instant;

use moncomptepro::protocol::Locale;
use moncomptepro::render::{Layout, PageCheck, Renderer};
use moncomptepro::site;

/// Times that each page is written.
const TURNS: u32 = 200;
/// How many of the slowest are printed.
const SLOWEST: usize = 10;
/// What is expected of each, in microseconds.
const EXPECTED: f64 = 1_000.0;

fn main() {
    let renderer = Renderer::new().unwrap();
    let mut pages = Vec::new();
    let mut escaping = 0.0;
    for check in site::every_page() {
        for locale in Locale::ALL {
            let layout = Layout::sample(*locale);
            let (micros, bytes) = time_of(&renderer, &check, &layout);
            escaping += escape_time(&renderer, &check, &layout);
            pages.push((micros, bytes, check.template, *locale));
        }
    }
    pages.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (micros, bytes, template, locale) in pages.iter().take(SLOWEST) {
        println!("{micros:7.1} µs  {bytes:6} bytes  {template} ({})", locale.as_str());
    }
    let median = pages.get(pages.len() / 2).map_or(0.0, |page| page.0);
    let total: f64 = pages.iter().map(|page| page.0).sum();
    println!("{median:7.1} µs  median of {} pages, each the mean of its states and of {TURNS} turns", pages.len());
    println!("{:7.1} times what escaping the same bytes costs", total / escaping);
    let slow = pages.iter().filter(|page| page.0 >= EXPECTED).count();
    println!("{slow} pages take a millisecond or more; none is expected");
}

/// Microseconds and bytes of one state, on average.
fn time_of(renderer: &Renderer, check: &PageCheck, layout: &Layout) -> (f64, usize) {
    let states = check.render(renderer, layout).unwrap();
    let begun = Instant::now();
    for _ in 0..TURNS {
        black_box(check.render(renderer, layout).unwrap());
    }
    let micros = begun.elapsed().as_secs_f64() * 1e6 / f64::from(TURNS) / states.len() as f64;
    (micros, states.iter().map(String::len).sum::<usize>() / states.len())
}

/// What escaping the same states costs, in microseconds of one state.
fn escape_time(renderer: &Renderer, check: &PageCheck, layout: &Layout) -> f64 {
    let states = check.render(renderer, layout).unwrap();
    let begun = Instant::now();
    for state in &states {
        let mut text = String::with_capacity(state.len());
        for character in black_box(state).chars() {
            match character {
                '&' => text.push_str("&amp;"),
                '<' => text.push_str("&lt;"),
                '>' => text.push_str("&gt;"),
                '"' => text.push_str("&quot;"),
                other => text.push(other),
            }
        }
        black_box(text);
    }
    begun.elapsed().as_secs_f64() * 1e6 / states.len() as f64
}
