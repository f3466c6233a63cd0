//! The program: hands its arguments to the library's command line and exits with the status that comes back.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(gospect::cli::run(std::env::args_os().collect()))
}
