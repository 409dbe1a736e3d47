//! The password of the admin pages: an argon2id hash, made by `coatcheck hash-password`.

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHash as Parsed, Version};

/// Shorter ones are refused when they are hashed.
pub const SHORTEST: usize = 12;
/// A password that is typed is no longer than this; hashing more would be work for a stranger to give us.
const LONGEST: usize = 1024;
/// Memory in KiB that one check of a hash may take: what is set by mistake must not stop the service.
const MOST_MEMORY: u32 = 256 * 1024;

/// A password's hash, and not the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// Why a text is no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an argon2id hash from `coatcheck hash-password`, in single quotes in .env")]
pub struct NotAHash;

/// Why a password is not hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotHashed {
    /// It is short.
    #[error("the password is too short; use at least {SHORTEST} characters")]
    Short,
    /// It is very long.
    #[error("the password is longer than {LONGEST} bytes")]
    Long,
    /// The library refused.
    #[error("the password cannot be hashed")]
    Failed,
}

impl PasswordHash {
    /// Hashes a password with the library's usual cost (19 MiB, two passes), which is what OWASP recommends.
    ///
    /// # Errors
    /// [`NotHashed`] for one that is too short or too long.
    pub fn of(password: &str, salt: &[u8; 32]) -> Result<Self, NotHashed> {
        if password.chars().count() < SHORTEST {
            return Err(NotHashed::Short);
        }
        if password.len() > LONGEST {
            return Err(NotHashed::Long);
        }
        let salt = SaltString::encode_b64(&salt[..16]).map_err(|_| NotHashed::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
        let hash = argon2.hash_password(password.as_bytes(), &salt).map_err(|_| NotHashed::Failed)?;
        Ok(Self(hash.to_string()))
    }

    /// Is it that password? Takes tens of milliseconds of a core.
    #[must_use]
    pub fn is(&self, password: &str) -> bool {
        let Ok(hash) = Parsed::new(&self.0) else { return false };
        password.len() <= LONGEST && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
    }

    /// As it is set.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PasswordHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hash = Parsed::new(text).map_err(|_| NotAHash)?;
        let params = Params::try_from(&hash).map_err(|_| NotAHash)?;
        let is_fine = hash.algorithm == argon2::ARGON2ID_IDENT && hash.hash.is_some() && hash.salt.is_some();
        if !is_fine || params.m_cost() > MOST_MEMORY || params.t_cost() > 16 {
            return Err(NotAHash);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = PasswordHash::of("correct horse battery", &[7; 32]).expect("a hash");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        let read: PasswordHash = hash.as_str().parse().expect("a hash");
        assert!(read.is("correct horse battery"));
        assert!(!read.is("correct horse batterz") && !read.is("") && !read.is(&"x".repeat(2000)));
        assert_eq!(format!("{read:?}"), "PasswordHash");
    }

    #[test]
    fn what_is_no_hash_or_would_take_all_memory_is_refused() {
        for text in [
            "",
            "secret",
            "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21l$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l",
        ] {
            assert_eq!(text.parse::<PasswordHash>(), Err(NotAHash), "{text}");
        }
        assert_eq!(PasswordHash::of("short", &[7; 32]), Err(NotHashed::Short));
    }
}
