-- What is due is found by walking no further than there is room.

-- a shop's sources in the order in which they are due: who is first takes its slot
DROP INDEX source_of_shop;
CREATE INDEX source_of_shop ON source (shop_id, next_poll_at);
-- what fails is claimed apart from what is well
CREATE INDEX source_ailing ON source (next_poll_at) WHERE failures > 0;
CREATE INDEX shop_ailing ON shop (id) WHERE failures > 0;
