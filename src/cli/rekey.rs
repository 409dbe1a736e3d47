//! `rekey`: encrypts all phone numbers and secrets in the database with a new key.

use coatcheck_bots::words;
use secrecy::{ExposeSecret, SecretString};

use super::failure::{Failure, Outcome};
use super::out;
use crate::app::{App, KeyPlace, key_place, write_keys};
use crate::store::lock::ServiceLock;
use crate::store::people::keys::Keys;
use crate::store::people::rekey::Rekeyed;

/// Changes the key where the settings say that it is.
///
/// # Errors
/// Status 4 while a service runs, 2 where the new key must be set first.
pub(super) async fn run(app: &App) -> Outcome {
    let _lock = ServiceLock::take(&app.settings.database_url)?;
    match key_place(&app.settings) {
        None => Err(Failure::usage(format!("there is no key yet; set COATCHECK_KEY, for example to {}", new(app)))),
        Some(KeyPlace::Setting) => by_setting(app).await,
        Some(KeyPlace::File(path)) => {
            let old = std::fs::read_to_string(&path)
                .map_err(|why| Failure::failed(format!("{} cannot be read: {why}", path.display())))?;
            let unwritten = |why| Failure::failed(format!("{} cannot be written: {why}", path.display()));
            let new = app.rng.key();
            let both: SecretString = format!("{}\n{}", new.expose_secret(), old.trim()).into();
            // Both keys are in the file now: a crash before the end loses nothing.
            write_keys(&path, &both, false).map_err(unwritten)?;
            let done = app.db.rekey(&parsed(&both)?).await?;
            let mut kept = vec![new.expose_secret().to_owned()];
            for word in old.split_whitespace() {
                let id = parsed(&word.to_owned().into())?.id().to_owned();
                kept.extend(done.needed.contains(&id).then(|| word.to_owned()));
            }
            write_keys(&path, &kept.join("\n").into(), false).map_err(unwritten)?;
            say(&done)?;
            clean(app).await?;
            out::line(&format!(
                "The new key is in {}. Make a copy of it where you keep the copy of the old one.",
                path.display()
            ))
        }
    }
}

/// The newest stands first in the setting already, the older ones behind it.
async fn by_setting(app: &App) -> Outcome {
    let keys = app.db.keys()?.clone();
    if keys.ids().len() < 2 {
        return Err(Failure::usage(format!(
            "put a new key before the old one, separated by a space, and run this again: COATCHECK_KEY='{} <the old key>'",
            new(app)
        )));
    }
    let done = app.db.rekey(&keys).await?;
    say(&done)?;
    clean(app).await?;
    let gone: Vec<&str> =
        keys.ids().into_iter().skip(1).filter(|id| !done.needed.iter().any(|needed| needed == id)).collect();
    match gone.len() {
        0 => Ok(()),
        _ => out::line("You can remove the older keys from COATCHECK_KEY now, except those named above."),
    }
}

/// What the old key encrypted must not stay in the file. Another key does not follow from a failure here.
async fn clean(app: &App) -> Outcome {
    app.db.drop_free_pages().await.map_err(|why| {
        Failure::failed(format!(
            "everything is encrypted with the new key, but the database still has free pages with what the old key \
             encrypted ({why}); end other coatcheck commands, make room for a second copy of the file, and run \
             `coatcheck rekey` again"
        ))
    })
}

fn new(app: &App) -> String {
    app.rng.key().expose_secret().to_owned()
}

fn parsed(text: &SecretString) -> Result<Keys, Failure> {
    Keys::parse(text).map_err(Failure::failed)
}

fn say(done: &Rekeyed) -> Outcome {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    out::line(&format!(
        "Encrypted with the new key: {}, {}.",
        words::counted(number(done.phones), "phone number", "phone numbers"),
        words::counted(number(done.secrets), "webhook secret", "webhook secrets")
    ))?;
    if done.needed.is_empty() {
        return Ok(());
    }
    out::line(&format!(
        "Key {} is still needed after the new one: a number that said STOP and was then forgotten is known only by it.",
        done.needed.join(", ")
    ))
}
