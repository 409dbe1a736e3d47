//! Is there a PostgreSQL, and does it let us in? Asked once, before the pool, which would try in silence for half a minute.

use std::io::ErrorKind;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{Connection, Error};

/// A server that has not answered within this time is not there.
const ANSWER: Duration = Duration::from_secs(3);

/// Connects once.
///
/// # Errors
/// Why not, and what to do, in a sentence.
pub(super) async fn try_connecting(url: &str) -> Result<(), String> {
    let options: PgConnectOptions =
        url.parse().map_err(|why: Error| format!("{why}; write special characters as %40"))?;
    let place = format!("{}:{}", options.get_host(), options.get_port());
    match tokio::time::timeout(ANSWER, PgConnection::connect_with(&options)).await {
        Err(_) => Err(format!("{place} did not answer within {} s; is the address right?", ANSWER.as_secs())),
        Ok(Err(why)) => Err(plainly(&why, &place, options.get_database().unwrap_or_default())),
        // A pool that connects now finds the same; an error on closing says nothing about that.
        Ok(Ok(connection)) => {
            let _ = connection.close().await;
            Ok(())
        }
    }
}

/// Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn plainly(why: &Error, place: &str, database: &str) -> String {
    let code = why.as_database_error().and_then(|error| error.code());
    let advice = match (why, code.as_deref()) {
        (Error::Io(io), _) if io.kind() == ErrorKind::ConnectionRefused => {
            return format!("nothing listens at {place}; is PostgreSQL running, and is the port right?");
        }
        (Error::Io(io), _) => return format!("{place} cannot be reached: {io}"),
        (_, Some("28P01" | "28000")) => {
            "the user name or the password is wrong, or pg_hba.conf does not let this machine in"
        }
        (_, Some("3D000")) => return format!("there is no database {database:?}; create it with: createdb {database}"),
        (_, Some("53300")) => "the server has no connections left; each instance needs 11 of max_connections",
        (_, Some("57P03")) => "it is starting or stopping; try again in a moment",
        _ => return why.to_string(),
    };
    let words = why.as_database_error().map_or_else(|| why.to_string(), |error| error.message().to_owned());
    format!("{words}: {advice}")
}
