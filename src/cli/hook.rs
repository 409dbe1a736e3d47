//! `shop hook`: where a shop pushes to, and by which secret it is believed.

use std::io::Read;
use std::path::Path;

use coatcheck_bots::webhook::signature::new_secret;
use coatcheck_bots::words;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::args::ShopHook;
use super::failure::{Failure, Outcome};
use super::meant::meant;
use super::out;
use crate::app::App;
use crate::shops::push::SHORTEST_SECRET;

/// Bytes of a file with a secret, at most.
const LONGEST_FILE: u64 = 4096;

/// Shows a shop's hook, makes it, changes it or removes it.
///
/// # Errors
/// Status 2 when no shop is meant, or the secret is none.
pub(super) async fn run(app: &App, args: ShopHook) -> Outcome {
    let (shop_id, host) = the_shop(app, &args.which).await?;
    if args.remove {
        let removed = app.db.remove_hook(shop_id).await?;
        let words = if removed { "No pushes are believed any more of" } else { "There is no hook of" };
        return out::line(&format!("{words} {host}."));
    }
    let given = args.secret.as_deref().map(secret_in).transpose()?;
    let known = app.db.hook(shop_id).await?;
    let made = (given.is_none() && (args.new || known.is_none())).then(|| new_secret(app.rng.bytes()));
    if let Some(secret) = given.as_ref().or(made.as_ref()) {
        app.db.set_hook_secret(shop_id, secret).await?;
    }
    let hook = app.db.hook(shop_id).await?.ok_or_else(|| Failure::failed("the shop was removed in the meantime"))?;
    let path = format!("/hooks/shops/{shop_id}");
    let address = app.settings.public_url.as_ref().map(|base| format!("{}{path}", base.as_str().trim_end_matches('/')));
    if args.json {
        let secret = made.as_ref().map(ExposeSecret::expose_secret);
        return out::json(
            &json!({ "shop": host, "path": path, "address": address, "secret": secret, "pushed_at": hook.pushed_at }),
        );
    }
    let base = "\nPUBLIC_URL is not set: put this service's own address before it.";
    out::line(&format!(
        "{host} pushes to:\n  {}{}",
        address.as_deref().unwrap_or(&path),
        if address.is_none() { base } else { "" }
    ))?;
    if let Some(secret) = &made {
        out::line(&format!("The secret it signs with, shown this once:\n  {}", secret.expose_secret()))?;
        out::line("A shop that makes its own secret (Shopify): give it here with --secret FILE. See docs/push.md.")?;
    } else if given.is_some() {
        out::line("The secret is stored.")?;
    }
    if known.is_some() && hook.former_until.is_some() {
        out::line("Its former secret is believed for another day.")?;
    }
    let now = app.db.now();
    let last = hook.pushed_at.map_or_else(|| "none yet".to_owned(), |at| words::ago(at, now));
    out::line(&format!("Last push: {last}."))
}

/// The one shop that is meant.
async fn the_shop(app: &App, which: &str) -> Result<(i64, String), Failure> {
    let sources = meant(app, which).await?;
    let Some(first) = sources.first() else { return Err(Failure::usage("no shop is meant")) };
    let shop_id = app.db.shop_of(first.id).await?;
    let shop_id = shop_id.ok_or_else(|| Failure::failed("the shop was removed in the meantime"))?;
    Ok((shop_id, first.host.clone()))
}

fn secret_in(file: &Path) -> Result<SecretString, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().take(LONGEST_FILE).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(LONGEST_FILE).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    let secret = text.trim();
    if secret.chars().count() < SHORTEST_SECRET {
        return Err(Failure::usage(format!("a secret has {SHORTEST_SECRET} characters at least")));
    }
    Ok(secret.to_owned().into())
}
