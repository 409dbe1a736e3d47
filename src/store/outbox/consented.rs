//! Does the owner of a phone allow it? As conditions of statements.

/// The last of start and stop that was said of the number of the destination `t`; or this, if nothing was.
macro_rules! last_said {
    ($otherwise:literal) => {
        concat!(
            "COALESCE((SELECT c.said FROM consent c WHERE c.phone_hash = t.look_up \
             AND c.said IN ('start', 'stop') ORDER BY c.id DESC LIMIT 1), ",
            $otherwise,
            ")"
        )
    };
}
pub(super) use last_said;

/// Does whoever gets it allow it? By [`coatcheck_domain::sms_rules::exempt`]. Asked in the very statement that starts a
/// send. A code and the late answer to a text go to a number that never said anything, but to none that said stop.
pub(super) const CONSENTED: &str = concat!(
    "EXISTS (SELECT 1 FROM destination t WHERE t.id = delivery.destination_id AND ",
    last_said!("CASE WHEN delivery.kind IN ('code', 'reply') THEN 'start' ELSE 'stop' END"),
    " = 'start')"
);
