-- What comes in is done in order within a chat, by one process at a time.

-- what must be done in order has the same: a chat, or a person
ALTER TABLE inbox ADD COLUMN chat TEXT NOT NULL DEFAULT '';
-- somebody is at it until then (µs); 0: nobody
ALTER TABLE inbox ADD COLUMN held_until BIGINT NOT NULL DEFAULT 0;
-- how often it was begun: what breaks whoever touches it is left alone in the end
ALTER TABLE inbox ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
-- the oldest of a chat that is not done
CREATE INDEX inbox_of_chat ON inbox (platform, chat, id) WHERE done_at IS NULL;
-- what was done long ago is cleared
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;
