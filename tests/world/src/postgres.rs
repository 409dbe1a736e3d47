//! PostgreSQL of one's own: a private cluster on a socket in a temporary folder, and a database for each test.
//!
//! One cluster serves a whole test process. It needs Debian's package `postgresql` (`/usr/lib/postgresql/*/bin`), and
//! nothing that it set up: a cluster is made, used and thrown away, also when the process that made it is killed.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Makes a cluster, runs it until its standard input ends, and removes it. PostgreSQL refuses to be root's, so root
/// becomes `postgres` before (see [`as_server`]). `fsync` is off: no test here cuts the power.
const KEEPER: &str = r#"
set -eu
bin=$1
home=$(mktemp -d "${TMPDIR:-/tmp}/coatcheck-pg.XXXXXX")
trap 'rm -rf "$home"' EXIT
cd "$home"
"$bin/initdb" --pgdata data --username postgres --auth trust --encoding UTF8 --locale C --no-sync >init.log 2>&1 || { cat init.log >&2; exit 1; }
"$bin/postgres" -D data -k "$home" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c max_connections=300 -c shared_buffers=64MB >server.log 2>&1 &
server=$!
tries=0
until "$bin/psql" -h "$home" -U postgres -c 'SELECT 1' postgres >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null && [ "$tries" -lt 300 ] || { cat server.log >&2; exit 1; }
    tries=$((tries + 1))
    sleep 0.1
done
echo "$home"
cat >/dev/null
kill -QUIT "$server"
wait "$server" || true
"#;

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    home: PathBuf,
    named: AtomicU32,
    // Its end is the end of the cluster, however this process dies.
    _until: ChildStdin,
    _keeper: Child,
}

static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();

impl Cluster {
    /// The cluster of this process, started when first asked for. Blocks for about two seconds then.
    ///
    /// # Errors
    /// What is missing, or what PostgreSQL said.
    pub fn shared() -> Result<&'static Self, String> {
        SHARED
            .get_or_init(|| Self::start().map_err(|why| format!("no PostgreSQL for tests: {why}")))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Starts a cluster of one's own, for a test that stops it.
    ///
    /// # Errors
    /// What is missing, or what PostgreSQL said.
    pub fn start() -> io::Result<Self> {
        let bin = programs()?;
        let mut keeper = as_server(&bin).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let until = keeper.stdin.take().ok_or_else(|| io::Error::other("no standard input"))?;
        let mut home = String::new();
        if let Some(out) = keeper.stdout.take() {
            BufReader::new(out).read_line(&mut home)?;
        }
        let home = PathBuf::from(home.trim_end());
        if home.as_os_str().is_empty() {
            let mut why = String::new();
            if let Some(mut errors) = keeper.stderr.take() {
                errors.read_to_string(&mut why)?;
            }
            return Err(io::Error::other(format!("the cluster did not start: {}", why.trim())));
        }
        Ok(Self { bin, home, named: AtomicU32::new(0), _until: until, _keeper: keeper })
    }

    /// The address of a new and empty database.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn database(&self) -> io::Result<String> {
        let name = self.next_name();
        self.run(&format!("CREATE DATABASE {name}"))?;
        Ok(self.address(&name))
    }

    /// The address of a new database that starts as `template` is now. Nobody may be connected to that one.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn database_like(&self, template: &str) -> io::Result<String> {
        let name = self.next_name();
        self.run(&format!("CREATE DATABASE {name} TEMPLATE {template}"))?;
        Ok(self.address(&name))
    }

    /// Runs one statement as the cluster's owner.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn run(&self, sql: &str) -> io::Result<()> {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"])
            .arg(&self.home)
            .args(["-f", "-", "postgres"]);
        let mut running = psql.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut input) = running.stdin.take() {
            input.write_all(sql.as_bytes())?;
        }
        let output = running.wait_with_output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("{sql}: {}", String::from_utf8_lossy(&output.stderr).trim())))
    }

    /// The address of a database by its name.
    #[must_use]
    pub fn address(&self, name: &str) -> String {
        format!("postgres://postgres@localhost/{name}?host={}", self.home.display())
    }

    fn next_name(&self) -> String {
        format!("t{}", self.named.fetch_add(1, Ordering::Relaxed))
    }
}

/// The newest installed server's folder of programs.
fn programs() -> io::Result<PathBuf> {
    let root = Path::new("/usr/lib/postgresql");
    let missing = || io::Error::other(format!("nothing in {}/*/bin: install the package postgresql", root.display()));
    let versions = std::fs::read_dir(root).map_err(|_| missing())?.flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin).ok_or_else(missing)
}

fn as_server(bin: &Path) -> Command {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command.args(["-c", KEEPER, "keeper"]).arg(bin);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_of_its_own_and_may_start_as_another_is() {
        let cluster = Cluster::shared().expect("PostgreSQL");
        cluster.run("CREATE DATABASE like_this").expect("made");
        let first = cluster.database_like("like_this").expect("made");
        assert_ne!(first, cluster.database().expect("made"));
        let why = cluster.database_like("nowhere").expect_err("no such template").to_string();
        assert!(why.contains("nowhere"), "{why}");
    }
}
