//! What the real program holds in memory while ten thousand sources wait.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use coatcheck::store::Db;
use coatcheck::store::db::conn::Durability;

use crate::loopback::Loopback;
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};

/// A running service, killed with its end.
pub(crate) struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        // It may be gone already, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sources on as many hosts: each an address of its own on loopback, which the whole of 127.0.0.0/8 is.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let count = args.pick(10_000, 1_000);
    let server = Loopback::start()?;
    let hosts: Vec<String> = (0..count).map(|number| host(number, server.port)).collect();
    let folder = Folder::new()?;
    let runtime = house::runtime()?;
    let db = runtime.block_on(house::open(&folder.database("memory.db"), Durability::Full))?;
    runtime.block_on(follow(&db, &hosts))?;
    // Too long for one variable of the environment, so it stands where an operator would put it.
    std::fs::write(folder.path(".env"), settings(&folder, &hosts)?)?;
    let began = Instant::now();
    let service = serve(&folder, &[])?;
    let fresh = resident(&service, Duration::from_secs(1))?;
    while runtime.block_on(house::number(&db, "SELECT count(*) FROM source WHERE readings = 0"))? > 0 {
        ensure!(began.elapsed() < Duration::from_secs(180), "the first sweep takes too long");
        std::thread::sleep(Duration::from_millis(200));
    }
    let open = resident(&service, Duration::from_secs(3))?;
    let mut figures = vec![
        Figure::note("just started, polling", megabytes(fresh)),
        Figure::note(format!("{count} sources on {count} hosts, all read, each hour"), megabytes(open)),
    ];
    drop(server);
    let idle = resident(&service, Duration::from_secs(3))?;
    figures.push(
        Figure::note(format!("{count} sources on {count} hosts, idle, and the shops are gone"), megabytes(idle))
            .against("the promise", Quantity::new(80.0, "MB"))
            .wants(Target::AtMost(1.0)),
    );
    drop(service);
    runtime.block_on(db.close());
    Ok(figures)
}

fn host(number: usize, port: u16) -> String {
    let address = u32::from(Ipv4Addr::LOCALHOST) + u32::try_from(number).unwrap_or_default();
    format!("{}:{port}", Ipv4Addr::from(address))
}

async fn follow(db: &Db, hosts: &[String]) -> Result<()> {
    for host in hosts {
        db.add_source(&house::source(&format!("http://{host}/products/same"), host, None)).await?;
    }
    Ok(())
}

fn settings(folder: &Folder, hosts: &[String]) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "DATABASE_URL={}", folder.database("memory.db"))?;
    writeln!(text, "LISTEN_ADDR=127.0.0.1:0")?;
    writeln!(text, "COATCHECK_ALLOW_HOSTS={}", hosts.join(","))?;
    Ok(text)
}

/// Starts the service with the settings in the folder.
pub(crate) fn serve(folder: &Folder, options: &[&str]) -> Result<Service> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coatcheck"));
    command.arg("serve").args(options).env_clear().current_dir(folder.root());
    Ok(Service(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?))
}

/// Its resident memory after a while, in kB (`man 5 proc`, `VmRSS`).
pub(crate) fn resident(service: &Service, after: Duration) -> Result<f64> {
    std::thread::sleep(after);
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.0.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the service has ended")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn megabytes(kilobytes: f64) -> Quantity {
    Quantity::new(kilobytes / 1e3, "MB")
}
