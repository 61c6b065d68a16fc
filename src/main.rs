//! Start of the program.

use std::process::ExitCode;

fn main() -> ExitCode {
    moncomptepro::cli::run()
}
