//! What a number hears that may be texted from now on.

/// Carriers want it said to whoever joins.
pub(super) const JOINED: &str = "STOP ends all texts, HELP helps. Msg & data rates may apply.";
pub(super) const IN: &str =
    "You're subscribed. Text a product and a size, like JACKET M, to hear when it is back in stock.";
