-- Texting: what was put off, how many were begun today, what a provider says later, what another hop may take over.

-- until when the night, or the day's last text, held it back (µs): that gave it more time, and does so once
ALTER TABLE delivery ADD COLUMN put_off_until BIGINT;
-- texts begun today, for the caps
CREATE INDEX delivery_texted ON delivery (started_at) WHERE lane = 'sms' AND started_at IS NOT NULL;
-- what a provider says of a text later
CREATE INDEX delivery_of_text ON delivery (provider_ref) WHERE lane = 'sms' AND provider_ref IS NOT NULL;
-- what was tried and waits to be tried again: another destination may take over
CREATE INDEX delivery_tried ON delivery (started_at, id) WHERE state = 'pending' AND started_at IS NOT NULL;
