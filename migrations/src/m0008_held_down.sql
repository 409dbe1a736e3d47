DROP INDEX delivery_of_text;
DROP INDEX delivery_texted;
DROP INDEX delivery_text_taken;
CREATE INDEX delivery_text_taken ON delivery (accepted_at) WHERE lane = 'sms' AND accepted_at IS NOT NULL;
CREATE INDEX delivery_texted ON delivery (started_at) WHERE lane = 'sms' AND started_at IS NOT NULL;
CREATE INDEX delivery_of_text ON delivery (provider_ref) WHERE lane = 'sms' AND provider_ref IS NOT NULL;
DROP INDEX delivery_held;
CREATE INDEX delivery_held ON delivery (lane, epoch) WHERE state IN ('claimed', 'sending');
