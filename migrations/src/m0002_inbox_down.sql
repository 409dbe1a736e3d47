DROP INDEX inbox_done;
DROP INDEX inbox_of_chat;
ALTER TABLE inbox DROP COLUMN attempts;
ALTER TABLE inbox DROP COLUMN held_until;
ALTER TABLE inbox DROP COLUMN chat;
