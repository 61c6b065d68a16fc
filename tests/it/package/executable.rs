//! The file itself. The test profile links it as the release profile does.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use object::Endianness;
use object::elf::{DT_NEEDED, FileHeader64, PT_INTERP};
use object::read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _};

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_moncomptepro");

/// What the system would have to bring along to run this file: an interpreter, shared libraries.
fn find_needs(data: &[u8]) -> Vec<String> {
    let header = FileHeader64::<Endianness>::parse(data).unwrap();
    let endian = header.endian().unwrap();
    let mut needs = Vec::new();
    for segment in header.program_headers(endian, data).unwrap() {
        if segment.p_type(endian) == PT_INTERP {
            needs.push("an interpreter".to_owned());
        }
        let entries = segment.dynamic(endian, data).unwrap().unwrap_or_default();
        let libraries = entries.iter().filter(|entry| entry.d_tag(endian) == DT_NEEDED);
        needs.extend(libraries.map(|_| "a shared library".to_owned()));
    }
    needs
}

#[test]
fn the_executable_is_static() {
    let data = fs::read(EXECUTABLE).unwrap();
    assert_eq!(find_needs(&data), Vec::<String>::new());
}

#[test]
fn a_dynamic_executable_is_found() {
    let data = fs::read("/bin/sh").unwrap();
    let needs = find_needs(&data);
    assert!(needs.contains(&"an interpreter".to_owned()), "{needs:?}");
    assert!(needs.contains(&"a shared library".to_owned()), "{needs:?}");
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn copied_alone_into_an_empty_directory_without_environment_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("moncomptepro");
    // By another process: a file that this one writes may be open still in a child of another test, and cannot be run then.
    assert!(Command::new("cp").arg(EXECUTABLE).arg(&copy).status().unwrap().success());
    let command = |arguments: &[&str]| {
        let mut command = Command::new(&copy);
        command.args(arguments).current_dir(folder.path()).env_clear().stdout(Stdio::piped());
        command
    };

    let version = command(&["--version"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&version.stdout), format!("moncomptepro {}\n", env!("CARGO_PKG_VERSION")));

    let mut provider = Running(command(&["dev", "--listen", "127.0.0.1:0"]).spawn().unwrap());
    let mut lines = BufReader::new(provider.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.contains("http://localhost:")).unwrap();
    let port = line.split("http://localhost:").nth(1).unwrap();
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    let mut connection = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    write!(connection, "GET /users/start-sign-in HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("name=\"login\""), "{answer}");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["moncomptepro"]);
}
