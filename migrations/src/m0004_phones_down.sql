DROP INDEX challenge_of_phone;
DROP INDEX consent_of_phone;
DROP INDEX destination_of_phone;
ALTER TABLE destination DROP COLUMN anytime;
ALTER TABLE destination DROP COLUMN zones;
ALTER TABLE destination DROP COLUMN country;
ALTER TABLE destination DROP COLUMN look_up;
ALTER TABLE destination DROP COLUMN sealed;
