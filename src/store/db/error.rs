//! What can go wrong with the store, in words a person can act on.

use std::path::PathBuf;

use sea_orm::DbErr;

use crate::store::db::class::{Class, Classed};

/// Why the store did not do it. Whatever it was, nothing is half done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not do it; [`Classed`] says whose fault that was.
    #[error("{}", said(.0))]
    Db(#[from] DbErr),
    /// The address of the database cannot be used.
    #[error("DATABASE_URL {url:?} cannot be opened: {why}")]
    Open {
        /// The setting, without a password.
        url: String,
        /// What stood in the way.
        why: String,
    },
    /// Another service holds the file.
    #[error("{} is in use by another coatcheck service (process {pid}); stop it first, or use another DATABASE_URL", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, as it wrote itself.
        pid: String,
    },
    /// The lock file cannot be made.
    #[error("the lock file {} cannot be made: {why}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What stood in the way.
        why: std::io::Error,
    },
    /// The database was made by a newer version.
    #[error(
        "this database has step {step:?}, which this version does not know: it was made by a newer coatcheck; update this one"
    )]
    Newer {
        /// The step that is not known.
        step: String,
    },
    /// The database was made by a version that was never released.
    #[error(
        "this database was made by a coatcheck from before its first release and cannot be upgraded: move the file away, or use \
         another DATABASE_URL, and follow your shops again"
    )]
    BeforeRelease,
    /// The database is older than this version and may not be changed now.
    #[error("this database needs `coatcheck migrate` first (or start `coatcheck serve`, which does it)")]
    Older,
    /// Somebody else holds the lease by now; what was read is thrown away.
    #[error("the lease on source {source_id} ran out before its reading was stored; the next poll reads it again")]
    LeaseLost {
        /// The source.
        source_id: i64,
    },
    /// It was removed in the meantime.
    #[error("product {product_id} is followed no more; nothing was stored")]
    ProductGone {
        /// The product.
        product_id: i64,
    },
    /// Phones are stored sealed, and there is nothing to seal with.
    #[error("phone numbers are kept sealed, which needs COATCHECK_KEY; set it, or use another destination")]
    NoKey,
    /// Something was sealed or hashed by a key that is not given.
    #[error(
        "this is not the key of this database: something in it was written by key {id:?}; put that one back (COATCHECK_KEY, or \
         the .key file beside an SQLite database), or give it, too, behind the new one"
    )]
    WrongKey {
        /// The id of the key that is lacking.
        id: String,
    },
    /// A row holds what no version of us writes.
    #[error("the database holds something unreadable in {place}: {what}")]
    Corrupt {
        /// Table and column.
        place: &'static str,
        /// What stood there.
        what: String,
    },
}

impl StoreError {
    /// Is it the database that failed? That has been said already, by [`crate::store::db::trouble`], which does not say it
    /// twice a second.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.class() == Class::Unavailable
    }

    /// A column that does not hold what we write there.
    pub(crate) fn corrupt(place: &'static str, what: impl std::fmt::Display) -> Self {
        Self::Corrupt { place, what: what.to_string() }
    }
}

impl Classed for StoreError {
    fn class(&self) -> Class {
        match self {
            Self::Db(error) => error.class(),
            Self::Open { .. } | Self::Locked { .. } | Self::Lock { .. } => Class::Unavailable,
            _ => Class::Ours,
        }
    }
}

fn said(error: &DbErr) -> String {
    match error.class() {
        Class::Conflict => format!("the database is busy with other changes of the same rows; try again ({error})"),
        Class::Unavailable if error.to_string().contains("malformed") => {
            format!(
                "the database is damaged ({error}); stop the service and bring a backup back: coatcheck restore FILE"
            )
        }
        Class::Unavailable => format!("the database failed: {error}"),
        Class::Ours => format!("a statement failed, which is a bug in coatcheck; please report it: {error}"),
    }
}
