-- Phones: sealed, found by a hash, with their country, zones and hours.

-- a phone's number, sealed by the key whose id stands before the colon; `address` holds its look-up hash
ALTER TABLE destination ADD COLUMN sealed TEXT;
-- the number's hash by the look-up key, as in consent.phone_hash; NULL for whatever is no phone
ALTER TABLE destination ADD COLUMN look_up TEXT;
-- the country of a number: ISO 3166, two letters
ALTER TABLE destination ADD COLUMN country TEXT;
-- the zones in which a number may be, by their names and parted by commas: a text is sent when it is day in all of them
ALTER TABLE destination ADD COLUMN zones TEXT;
-- its owner said ANYTIME
ALTER TABLE destination ADD COLUMN anytime BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX destination_of_phone ON destination (look_up) WHERE look_up IS NOT NULL;
-- what was said of a number last
CREATE INDEX consent_of_phone ON consent (phone_hash, id);
CREATE INDEX challenge_of_phone ON challenge (address_hash, created_at);
