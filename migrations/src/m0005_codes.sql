-- Codes that nobody typed, and texts that were taken: found without looking at everything.

-- numbers that somebody wants a code sent to, and that have not answered
CREATE INDEX destination_unverified ON destination (created_at) WHERE state = 'unverified';
-- how many texts the provider took since
CREATE INDEX delivery_text_taken ON delivery (accepted_at) WHERE lane = 'sms' AND accepted_at IS NOT NULL;
