//! A database that may be read and not written is refused when the service starts, and it is said why.
//!
//! That it becomes so while the service runs cannot be played here: permissions are asked when a file is opened, and a
//! file system with files open for writing is not made read-only. To the service that is a full disk: each write fails.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::House;

/// The same command for somebody whom permissions bind: root's power to pass them by is taken away.
fn bound(command: &Command) -> Command {
    let mut bound = if rustix::process::geteuid().is_root() {
        let mut setpriv = Command::new("/usr/bin/setpriv");
        setpriv.args(["--bounding-set", "-dac_override,-dac_read_search"]).arg(command.get_program());
        setpriv
    } else {
        Command::new(command.get_program())
    };
    bound.args(command.get_args()).env_clear();
    bound.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        bound.current_dir(folder);
    }
    bound
}

fn permit(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
}

/// How `serve` ends: its exit status and its last word.
fn refused(house: &House) -> (Option<i32>, String) {
    let output = bound(&house.command(&["serve"])).output().expect("it starts");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let last = said.lines().last().unwrap_or_default();
    (output.status.code(), last.replace(&house.folder().display().to_string(), "FOLDER"))
}

#[test]
fn a_database_file_that_may_not_be_written_is_refused() {
    let house = House::open(&[]);
    house.done(&["migrate"]);
    permit(&house.path("coatcheck.db"), 0o444);
    let (status, said) = refused(&house);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("attempt to write a readonly database"), "{said}");
}

#[test]
fn a_folder_that_may_not_be_written_is_refused() {
    let house = House::open(&[]);
    house.done(&["migrate"]);
    permit(house.folder(), 0o555);
    let (status, said) = refused(&house);
    permit(house.folder(), 0o755);
    assert_eq!(status, Some(1), "{said}");
    insta::assert_snapshot!(said, @r#"coatcheck: DATABASE_URL "sqlite://FOLDER/coatcheck.db" cannot be opened: (code: 1544) attempt to write a readonly database; may this user write to it?"#);
}

#[test]
fn a_folder_that_is_none_is_refused() {
    let house = House::open(&[]);
    std::fs::write(house.path("file"), "no folder").expect("written");
    let inside = format!("sqlite://{}/a.db", house.path("file").display());
    let (status, said) = refused(&house.with("DATABASE_URL", &inside));
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.ends_with("unable to open database file; is its folder there, and may this user write in it?"),
        "{said}"
    );
}
