//! Whose fault a database error is: another transaction's, the database's own, or ours.
//!
//! Only what the database itself cannot do (it is away, its disk is full, its file is damaged) makes the service not ready.
//! A statement of ours that fails is our fault, and says nothing about the database.

use sea_orm::{DbErr, RuntimeErr};

/// What a database error means for whoever got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// PostgreSQL ended the transaction for the sake of another; the same may be tried again at once.
    Conflict,
    /// The database cannot be reached, or cannot store.
    Unavailable,
    /// A statement of ours is wrong, or what it asks for is not allowed.
    Ours,
}

/// An error that has a class.
pub trait Classed {
    /// Its class.
    fn class(&self) -> Class;
}

impl Classed for DbErr {
    fn class(&self) -> Class {
        match self {
            Self::Conn(_) | Self::ConnectionAcquire(_) | Self::Custom(_) => Class::Unavailable,
            Self::Exec(RuntimeErr::SqlxError(error)) | Self::Query(RuntimeErr::SqlxError(error)) => of_driver(error),
            _ => Class::Ours,
        }
    }
}

fn of_driver(error: &sea_orm::sqlx::Error) -> Class {
    use sea_orm::sqlx::Error;
    match error {
        Error::Database(said) => said.code().map_or(Class::Ours, |code| of_code(&code)),
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed => Class::Unavailable,
        _ => Class::Ours,
    }
}

/// PostgreSQL's SQLSTATE has five characters (postgresql.org/docs/current/errcodes-appendix.html), SQLite's result code is a
/// number whose lowest byte is the plain code (sqlite.org/rescode.html).
fn of_code(code: &str) -> Class {
    if code.len() == 5 {
        return match code {
            // Serialization failure, deadlock, and a row that was deleted while another one came to point to it.
            "40001" | "40P01" | "23503" => Class::Conflict,
            // A standby that was made the address by mistake, or a failover.
            "25006" => Class::Unavailable,
            _ => match code.get(..2) {
                // Connection, authorization, no such database, resources, operator intervention, system, internal.
                Some("08" | "28" | "3D" | "53" | "57" | "58" | "XX") => Class::Unavailable,
                _ => Class::Ours,
            },
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // Busy, locked, out of memory, read-only, I/O, corrupt, full, cannot open, locking protocol, not a database.
        Ok(5 | 6 | 7 | 8 | 10 | 11 | 13 | 14 | 15 | 26) => Class::Unavailable,
        _ => Class::Ours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_databases_own_faults_make_it_unavailable() {
        for code in ["08006", "53300", "57P01", "58030", "XX001", "25006", "5", "10", "522", "11", "13", "14"] {
            assert_eq!(of_code(code), Class::Unavailable, "{code}");
        }
        for code in ["23505", "42601", "42P01", "22003", "1", "19", "2067", "25"] {
            assert_eq!(of_code(code), Class::Ours, "{code}");
        }
        assert_eq!([of_code("40001"), of_code("40P01")], [Class::Conflict; 2]);
    }
}
