//! The sockets of an instance: peers that are silent, slow, greedy or sly, and everybody else meanwhile.

mod admission;
mod bodies;
mod certificates;
mod flow;
mod frames;
mod framing;
mod handshakes;
mod headers;
mod http2;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(unix)]
mod manager;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(unix)]
mod metrics;
mod peer;
#[cfg(unix)]
mod process;
#[cfg(unix)]
pub(crate) use process::Process;
mod proxies;
#[cfg(unix)]
mod reload;
mod silence;
#[cfg(unix)]
mod stop;
