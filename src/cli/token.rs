//! `token add | list | remove`: keys of programs to the API.

use coatcheck_bots::words;
use serde_json::json;

use super::args;
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::App;
use crate::store::admin::token::ApiToken;
use crate::store::db::time::Micros;
use crate::web::new_token;

/// Runs one of them.
///
/// # Errors
/// Status 2 when the name is taken, or nothing has it.
pub(super) async fn run(app: &App, command: args::Token) -> Outcome {
    match command {
        args::Token::Add { name, write } => add(app, &name, write).await,
        args::Token::List(args) => list(app, args.json).await,
        args::Token::Remove { name } => remove(app, &name).await,
    }
}

async fn add(app: &App, name: &str, write: bool) -> Outcome {
    let (token, hash) = new_token(&app.rng.bytes());
    if !app.db.add_token(name, &hash, write).await? {
        return Err(Failure::usage(format!(
            "there is a token {name:?} already; choose another name or remove it first"
        )));
    }
    app.db.audit("cli", "token add", name).await?;
    out::note(&format!(
        "Token {name:?} {}. It is shown only once:",
        if write { "may read and write" } else { "may read" }
    ));
    out::line(&token)
}

async fn list(app: &App, json: bool) -> Outcome {
    let tokens = app.db.tokens().await?;
    if json {
        let all = tokens.iter().map(
            |it| json!({ "name": it.name, "writes": it.writes, "created_at": it.created_at.at(), "used_at": it.used_at.map(Micros::at) }),
        );
        return out::json(&all.collect::<Vec<_>>());
    }
    if tokens.is_empty() {
        return out::line("There are no tokens. Make one with:\n  coatcheck token add my-script");
    }
    let now = app.db.now();
    let row = |it: &ApiToken| {
        let used = it.used_at.map_or_else(|| "never".to_owned(), |used| words::ago(used.at(), now));
        vec![
            it.name.clone(),
            if it.writes { "write" } else { "read" }.to_owned(),
            words::ago(it.created_at.at(), now),
            used,
        ]
    };
    let rows: Vec<Vec<String>> = tokens.iter().map(row).collect();
    out::line(&out::table(&["NAME", "SCOPE", "MADE", "USED"], &rows))
}

async fn remove(app: &App, name: &str) -> Outcome {
    if !app.db.remove_token(name).await? {
        return Err(Failure::usage(format!("there is no token {name:?}; `coatcheck token list` shows them")));
    }
    app.db.audit("cli", "token remove", name).await?;
    out::line(&format!("Token {name:?} no longer works."))
}
