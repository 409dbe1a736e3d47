//! How soon Slack hears that a command has arrived, and its person the answer, while a crowd is being told: of the real
//! program, by Socket Mode. Slack gives three seconds.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use coatcheck::store::db::conn::Durability;
use coatcheck_world::{Shop, Slack};

use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};
use crate::support::stats::percentile;

/// What is measured of one command: until it is acknowledged, and until it is answered.
type Sample = [Duration; 2];

/// Ann asks before and while 100,000 others are being told.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let (crowd, times) = (args.pick(100_000, 2_000), args.pick(40, 8));
    let (slack, shop, folder) = (Slack::open()?, Shop::open()?, Folder::new()?);
    shop.stock("jacket", "M", "Black", false);
    shop.title("jacket", "Corps Jacket");
    let follow = ["shop", "add", &shop.url("/products/jacket"), "--interval", "500ms"];
    ensure!(program(&folder, &slack, &shop, &follow).status()?.success(), "the shop is not followed");
    house::runtime()?.block_on(async {
        let db = house::open(&folder.database("slack.db"), Durability::Full).await?;
        let addresses: Vec<String> =
            (0..crowd).map(|number| format!("slack:{}", slack.person(&format!("Person{number}")))).collect();
        house::people_at(&db, "slack", "slack", &addresses).await?;
        db.close().await;
        anyhow::Ok(())
    })?;
    let mut service = program(&folder, &slack, &shop, &["serve"]).spawn().context("the program does not start")?;
    let measured = measure(&slack, &shop, times);
    // It may have ended by itself, which was told already.
    let _ = service.kill();
    let _ = service.wait();
    let [idle, busy] = measured?;
    let busy_when = format!("{crowd} being notified");
    let whens = [("idle", &idle), (&*busy_when, &busy)];
    Ok(whens.into_iter().flat_map(|(when, samples)| figures(when, samples)).collect())
}

fn program(folder: &Folder, slack: &Slack, shop: &Shop, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coatcheck"));
    command.args(words).env_clear().current_dir(folder.root());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
        .env("DATABASE_URL", folder.database("slack.db"))
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .env("COATCHECK_ALLOW_HOSTS", shop.host())
        .env("SLACK_BOT_TOKEN", slack.bot_token())
        .env("SLACK_APP_TOKEN", slack.app_token())
        .env("SLACK_API_BASE", slack.base());
    command
}

fn measure(slack: &Slack, shop: &Shop, times: usize) -> Result<[Vec<Sample>; 2]> {
    let (ann, channel) = (slack.person("Ann"), slack.channel());
    let asked = || -> Result<Vec<Sample>> { (0..times).map(|_| ask(slack, &ann, &channel)).collect() };
    ask(slack, &ann, &channel)?;
    let idle = asked()?;
    shop.stock("jacket", "M", "Black", true);
    std::thread::sleep(Duration::from_millis(700));
    Ok([idle, asked()?])
}

/// One command. Then a moment of peace, as between people.
fn ask(slack: &Slack, ann: &str, channel: &str) -> Result<Sample> {
    let answers = || slack.chat(channel, ann).matches("CoatCheck").count();
    let before = (slack.socket().acknowledged(), answers());
    let began = Instant::now();
    slack.command(ann, channel, "/coatcheck", "list");
    let until = |is_so: &dyn Fn() -> bool| {
        while !is_so() {
            ensure!(began.elapsed() < Duration::from_secs(30), "the command was not answered");
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(began.elapsed())
    };
    let acknowledged = until(&|| slack.socket().acknowledged() > before.0)?;
    let answered = until(&|| answers() > before.1)?;
    std::thread::sleep(Duration::from_millis(250));
    Ok([acknowledged, answered])
}

fn figures(when: &str, samples: &[Sample]) -> Vec<Figure> {
    let millis = |time: Duration| Quantity::new(time.as_secs_f64() * 1e3, "ms");
    let each = |(index, what): (usize, &str)| {
        let samples: Vec<Duration> = samples.iter().map(|sample| sample[index]).collect();
        Figure::note(format!("slack: command sent → {what}, median, {when}"), millis(percentile(&samples, 0.5)))
            .against("15 ms", millis(Duration::from_millis(15)))
            .wants(Target::AtMost(1.0))
    };
    ["acknowledged", "answered"].into_iter().enumerate().map(each).collect()
}
