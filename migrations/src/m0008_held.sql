-- A delivery waits or is being sent, and is nothing between.

-- a row is never left between waiting and being sent: it is taken and started in one transaction
UPDATE delivery SET state = 'pending', epoch = 0 WHERE state = 'claimed';
DROP INDEX delivery_held;
-- a new holder finds what an old one was sending
CREATE INDEX delivery_held ON delivery (lane, epoch) WHERE state = 'sending';
-- BETWEEN, for SQLite parses each statement with `lane = $1` anew whenever it runs as long as an index says `lane = 'sms'`:
-- whether that index serves it depends on the value
DROP INDEX delivery_text_taken;
DROP INDEX delivery_texted;
DROP INDEX delivery_of_text;
-- texts that were taken today, for their number
CREATE INDEX delivery_text_taken ON delivery (accepted_at) WHERE lane BETWEEN 'sms' AND 'sms' AND accepted_at IS NOT NULL;
-- texts begun today, for the caps
CREATE INDEX delivery_texted ON delivery (started_at) WHERE lane BETWEEN 'sms' AND 'sms' AND started_at IS NOT NULL;
-- what a provider says of a text later
CREATE INDEX delivery_of_text ON delivery (provider_ref) WHERE lane BETWEEN 'sms' AND 'sms' AND provider_ref IS NOT NULL;
