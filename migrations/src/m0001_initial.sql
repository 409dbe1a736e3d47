-- The whole schema. Until the first release it is changed in place.
-- The same text on SQLite and PostgreSQL; {id} is each one's own counting primary key.
-- All times are microseconds since 1970 (UTC). JSON is text that only we write.

-- A store front: the owner of politeness.
CREATE TABLE shop (
    id {id},
    host TEXT NOT NULL, -- `host` or `host:port`, as in the Host header but without `www.`
    not_before BIGINT NOT NULL, -- no request to this shop before this time (µs): Retry-After and the breaker
    failures INTEGER NOT NULL, -- failed polls in a row, over all its sources
    walls INTEGER NOT NULL, -- bot walls in a row; -1: a person says they are over, and the holder is to hear it
    holder TEXT NOT NULL, -- the instance that polls it; '' for none
    epoch BIGINT NOT NULL, -- counts holders: what is stored of the shop is fenced by it
    created_at BIGINT NOT NULL, -- µs
    UNIQUE (host)
);

-- By which secrets a shop signs what it pushes. A push is a hint to read now, never a reading.
CREATE TABLE shop_hook (
    shop_id BIGINT PRIMARY KEY, -- the shop
    secret TEXT NOT NULL, -- sealed, where there are keys
    former_secret TEXT, -- the one before, believed while the shop is changed over
    former_until BIGINT NOT NULL, -- until when (µs)
    pushed_at BIGINT, -- the last push that was believed (µs)
    created_at BIGINT NOT NULL, -- µs
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE CASCADE
);

-- The pushes of the last day: one that comes again changes nothing.
CREATE TABLE shop_push (
    shop_id BIGINT NOT NULL, -- whose
    key TEXT NOT NULL, -- a digest of its id
    at BIGINT NOT NULL, -- µs
    PRIMARY KEY (shop_id, key),
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE CASCADE
);

-- One thing that is polled: a URL (or a few) and the reader that understands it.
CREATE TABLE source (
    id {id},
    shop_id BIGINT NOT NULL, -- its shop
    url TEXT NOT NULL, -- what was asked for, normalised
    reader TEXT, -- shopify or json; NULL until the first reading tells
    jq TEXT, -- the jq program of a json source
    more_urls TEXT NOT NULL, -- further documents for the jq program, a JSON array
    headers TEXT NOT NULL, -- extra request headers, a JSON array of [name, value]
    state TEXT NOT NULL, -- candidate, idle, blocked, gone, dormant or paused
    listed BOOLEAN NOT NULL, -- shown on the public board
    interval_us BIGINT NOT NULL, -- time between polls, as it is now (µs)
    asked_us BIGINT, -- the interval that was asked for, where it is another (µs)
    pace TEXT NOT NULL DEFAULT 'asked', -- why it is as it is: asked, unwatched, pushed or usual_hours
    scheduled_at BIGINT NOT NULL, -- the next poll, without jitter (µs)
    next_poll_at BIGINT NOT NULL, -- when it is due (µs)
    edit BIGINT NOT NULL, -- counts what others than its poller changed; what was read of an older edit is not stored
    edited BOOLEAN NOT NULL, -- has its poller yet to hear of that?
    pushed BOOLEAN NOT NULL DEFAULT FALSE, -- did its shop push that it changed, and its poller has yet to hear of it?
    trial_at BIGINT, -- a large or unknown document is being parsed since then (µs): it may have ended the process
    failures INTEGER NOT NULL, -- failed polls in a row
    gone_since BIGINT, -- since when polls say 404 or 410 (µs)
    gone_told_at BIGINT, -- when those who wait were told of that (µs)
    unwanted_since BIGINT, -- since when nobody is known to want it (µs)
    added_by BIGINT, -- the subscriber who gave its address in a chat
    last_error TEXT, -- what went wrong last, for people
    last_error_at BIGINT, -- µs
    last_read_at BIGINT, -- the last successful reading (µs); open spans of confirmed variants reach to here
    readings BIGINT NOT NULL, -- successful readings so far
    whole_since BIGINT, -- the first reading of all of it, as it is read now (µs): what comes later is new
    body_digest TEXT, -- of the last body: the same bytes say the same
    settled BOOLEAN NOT NULL, -- would the same reading change nothing?
    etag TEXT, -- opaque, as sent
    last_modified TEXT, -- as sent
    fault TEXT, -- the kind of the last error: http_500, timeout, bot_wall, …
    doubts TEXT NOT NULL, -- what the last reading left out or did not understand, a JSON array of {at, what}
    shape TEXT, -- of its last reading that was not doubted: how many variants had what
    slow BOOLEAN NOT NULL, -- is it read by the slow worker, because it took too long once?
    created_at BIGINT NOT NULL, -- µs
    UNIQUE (url),
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE CASCADE
);

-- A style of goods. Read by one source: the first that read it, while that one lives.
CREATE TABLE product (
    id {id},
    shop_id BIGINT NOT NULL, -- its shop
    source_id BIGINT NOT NULL, -- the source that reads it
    key TEXT NOT NULL, -- id:…, handle:…, url:… or title:…
    external_id TEXT, -- the shop's id
    handle TEXT, -- the shop's name for it in addresses
    title TEXT NOT NULL, -- a stranger's words
    url TEXT, -- its page
    image TEXT, -- a picture
    read_completely BOOLEAN NOT NULL, -- was it ever read completely?
    digest TEXT, -- of what the last reading said of it
    settled BOOLEAN NOT NULL, -- would the same change nothing?
    shop_time BIGINT, -- the shop's own time of the last answer that counted (µs)
    doubted_since BIGINT, -- since when answers were older or weaker than what is known (µs)
    restocks BIGINT NOT NULL, -- counts restocks; a watch remembers the count at which it was armed
    created_at BIGINT NOT NULL, -- µs
    UNIQUE (shop_id, key),
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE CASCADE,
    FOREIGN KEY (source_id) REFERENCES source (id) ON DELETE CASCADE
);

-- A short word for a product, as people say it: jacket.
CREATE TABLE alias (
    id {id},
    product_id BIGINT NOT NULL, -- the product
    word TEXT NOT NULL, -- folded
    text TEXT NOT NULL, -- as given
    UNIQUE (word, product_id),
    FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

-- One buyable combination of a product's options.
CREATE TABLE variant (
    id {id},
    product_id BIGINT NOT NULL, -- its product
    key TEXT NOT NULL, -- id:…, sku:…, options:… or default
    external_id TEXT, -- the shop's id
    sku TEXT, -- the shop's article number
    title TEXT, -- the shop's name for the combination
    options TEXT NOT NULL, -- a JSON array of [name, value]
    options_key TEXT NOT NULL, -- the options folded, by which a re-created variant is known again
    size TEXT, -- the shop's words
    style TEXT, -- the shop's words
    size_key TEXT NOT NULL, -- folded; '' for none
    style_key TEXT NOT NULL, -- folded; '' for none
    fold_version INTEGER NOT NULL, -- the rules the keys were folded by
    url TEXT, -- a link to it
    image TEXT, -- a picture of it
    quantity BIGINT, -- how many are left, where the shop says so
    position INTEGER NOT NULL, -- the shop's order
    availability TEXT, -- what its open span says; NULL while nothing definite was said
    confirmed BOOLEAN NOT NULL, -- did the last reading say what its open span says? Then the span reaches to source.last_read_at
    missing INTEGER NOT NULL, -- complete readings in a row that lacked it
    vanished_at BIGINT, -- the first complete reading that lacked it, when it was last missed (µs)
    vanished_as TEXT, -- what it was until then
    renamed BOOLEAN NOT NULL, -- did the shop rename everything in that reading?
    rank INTEGER NOT NULL, -- how well its availability is founded: 0 derived … 6 told of this very variant
    unconfirmed INTEGER NOT NULL, -- readings in a row that said buyable and were not yet believed
    digest BIGINT, -- of the shop's words for it: what is the same is not written again
    UNIQUE (product_id, key),
    FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

-- A further name of a variant's size, beside variant.size_key: "US 9 / EU 42" is also us9 and eu42.
CREATE TABLE variant_size (
    variant_id BIGINT NOT NULL, -- the variant
    size_key TEXT NOT NULL, -- folded
    PRIMARY KEY (variant_id, size_key),
    FOREIGN KEY (variant_id) REFERENCES variant (id) ON DELETE CASCADE
);

-- An interval during which a variant's availability and price did not change.
CREATE TABLE span (
    id {id},
    variant_id BIGINT NOT NULL, -- the variant
    availability TEXT NOT NULL, -- what was so
    price_minor BIGINT, -- minor units
    price_exponent INTEGER, -- digits of the minor unit
    currency TEXT, -- ISO 4217, where the shop says so
    started_at BIGINT NOT NULL, -- the first reading that said so (µs)
    last_seen BIGINT NOT NULL, -- the last one written down (µs); see variant.confirmed
    first_reading BIGINT NOT NULL, -- source.readings at the first
    last_reading BIGINT NOT NULL, -- source.readings at the last one written down
    ended_at BIGINT, -- when it was known to be over (µs); NULL while open
    FOREIGN KEY (variant_id) REFERENCES variant (id) ON DELETE CASCADE
);

-- One product is back: all its variants that one reading confirmed. The unit of notification.
CREATE TABLE restock (
    id {id},
    product_id BIGINT NOT NULL, -- the product
    number BIGINT NOT NULL, -- product.restocks after this one
    read_at BIGINT NOT NULL, -- when the shop's answer was complete in our hands (µs)
    created_at BIGINT NOT NULL, -- when it was stored (µs)
    snapshot TEXT NOT NULL, -- the alert that lists all of it, as JSON
    cursor BIGINT NOT NULL, -- the last watch the fan-out has passed; moves with its rows
    failures INTEGER NOT NULL DEFAULT 0, -- fan-outs that failed in a row; after some it is set aside
    failed TEXT, -- why it was set aside, for people
    done_at BIGINT, -- when the fan-out ended, or was given up (µs)
    gone_check_at BIGINT, -- some of it is out again: its alerts may have to say so (µs); NULL for nothing to look at
    UNIQUE (product_id, number),
    FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

-- A line of a restock: one variant that became in_stock or low_stock.
CREATE TABLE restock_variant (
    id {id},
    restock_id BIGINT NOT NULL, -- the restock it belongs to
    variant_id BIGINT NOT NULL, -- the variant
    was TEXT NOT NULL, -- what it was before
    availability TEXT NOT NULL, -- what it became
    at BIGINT NOT NULL, -- µs
    UNIQUE (restock_id, variant_id),
    FOREIGN KEY (restock_id) REFERENCES restock (id) ON DELETE CASCADE,
    FOREIGN KEY (variant_id) REFERENCES variant (id) ON DELETE CASCADE
);

-- A person or a room that is notified.
CREATE TABLE subscriber (
    id {id},
    kind TEXT NOT NULL, -- person or room
    paused_until BIGINT NOT NULL, -- quiet until this time (µs); 0 for not
    admitted_at BIGINT, -- when it said the invite word, where one was set (µs)
    banned_at BIGINT, -- since when it may not use this service (µs)
    most_watches BIGINT, -- watches it may have; NULL for as many as everybody
    most_addresses BIGINT, -- addresses it may have added; NULL for as many as everybody
    created_at BIGINT NOT NULL -- µs
);

-- One address of a subscriber on one channel.
CREATE TABLE destination (
    id {id},
    subscriber_id BIGINT NOT NULL, -- whose
    channel TEXT NOT NULL, -- console, webhook, discord, telegram, slack, sms or push
    address TEXT NOT NULL, -- as people write it; a phone: `sms:<key id>:<hash>:<last two digits>`
    sealed TEXT, -- a phone's number, sealed by the key whose id stands before the colon
    look_up TEXT, -- the number's hash by the look-up key, as in consent.phone_hash; NULL for all but phones
    country TEXT, -- of a number: ISO 3166, two letters
    zones TEXT, -- where a number may be, comma-separated zone names: a text is sent when it is day in all of them
    anytime BOOLEAN NOT NULL DEFAULT FALSE, -- its owner said ANYTIME
    lane TEXT NOT NULL, -- the sending identity that reaches it
    rank INTEGER NOT NULL, -- 0 is tried first
    state TEXT NOT NULL, -- active, gone, or unverified: gets codes and nothing else
    gone_why TEXT, -- what the platform said
    gone_at BIGINT, -- since when it cannot be reached (µs)
    secret TEXT, -- a webhook's signing secret, or a browser's push subscription
    created_at BIGINT NOT NULL, -- µs
    UNIQUE (address),
    FOREIGN KEY (subscriber_id) REFERENCES subscriber (id) ON DELETE CASCADE
);

-- A chat that has another address by now: what names the old one means the new one.
CREATE TABLE moved_address (
    old_address TEXT PRIMARY KEY, -- as in destination.address
    new_address TEXT NOT NULL, -- as in destination.address
    at BIGINT NOT NULL -- when it was learnt (µs)
);

-- A subscription: who waits for which size and style of a product.
CREATE TABLE watch (
    id {id},
    subscriber_id BIGINT NOT NULL, -- whose
    product_id BIGINT NOT NULL, -- of what
    size_key TEXT NOT NULL, -- folded; '' for any
    style_key TEXT NOT NULL, -- folded; '' for any
    fold_version INTEGER NOT NULL, -- the rules the keys were folded by
    size TEXT, -- as said
    style TEXT, -- as said
    mode TEXT NOT NULL, -- once or every
    armed BOOLEAN NOT NULL, -- will the next restock notify it?
    armed_after BIGINT NOT NULL, -- product.restocks when it was armed: later ones notify it, its answer covered the earlier
    notified_restock_id BIGINT, -- the last restock it was notified of
    notified_at BIGINT, -- when (µs)
    created_at BIGINT NOT NULL, -- µs
    UNIQUE (subscriber_id, product_id, size_key, style_key),
    FOREIGN KEY (subscriber_id) REFERENCES subscriber (id) ON DELETE CASCADE,
    FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

-- A watch that its subscriber closed, kept for a while so that "Watch again" works. The columns are those of `watch`.
CREATE TABLE closed_watch (
    id BIGINT PRIMARY KEY, -- the watch's row
    subscriber_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    size_key TEXT NOT NULL,
    style_key TEXT NOT NULL,
    fold_version INTEGER NOT NULL,
    size TEXT,
    style TEXT,
    mode TEXT NOT NULL,
    notified_restock_id BIGINT,
    closed_at BIGINT NOT NULL, -- µs
    FOREIGN KEY (subscriber_id) REFERENCES subscriber (id) ON DELETE CASCADE,
    FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

-- A watch of an address that was not read yet: becomes a watch at the first reading of its source.
CREATE TABLE wish (
    id {id},
    source_id BIGINT NOT NULL, -- what it waits for
    destination_id BIGINT NOT NULL, -- who wished, and gets the answer
    words TEXT NOT NULL, -- what was said, a JSON array
    expires_at BIGINT NOT NULL, -- answered by then, whatever came of it (µs)
    created_at BIGINT NOT NULL, -- µs
    UNIQUE (source_id, destination_id, words),
    FOREIGN KEY (source_id) REFERENCES source (id) ON DELETE CASCADE,
    FOREIGN KEY (destination_id) REFERENCES destination (id) ON DELETE CASCADE
);

-- What somebody tried lately, where that is bounded: invite words, link codes, new addresses, texts that are answered.
-- Kept for a day; answered texts for 30 days.
CREATE TABLE allowance (
    id {id},
    what TEXT NOT NULL, -- invite, link, address, sign-up, prepared, push, push-service, text or text-stop
    who TEXT NOT NULL, -- the destination, of a phone its hash; `web` for all visitors of the pages, of a push service its lane
    at BIGINT NOT NULL -- µs
);

-- A code by which a second chat becomes the same subscriber's.
CREATE TABLE link_code (
    id {id},
    subscriber_id BIGINT NOT NULL, -- who asked for it
    code TEXT NOT NULL, -- good once
    expires_at BIGINT NOT NULL, -- µs
    UNIQUE (code),
    FOREIGN KEY (subscriber_id) REFERENCES subscriber (id) ON DELETE CASCADE
);

-- A watch prepared on a web page. It becomes one when its phone is proven, or when its word is said in a chat or by text.
CREATE TABLE sign_up (
    id {id},
    word TEXT NOT NULL, -- a hash of the word that names it, good once: said in a chat, or sent along by the page that asks for the code
    product_id BIGINT NOT NULL, -- of what
    doing TEXT NOT NULL, -- what is to be done, as JSON
    sealed TEXT, -- a phone that must be proven, sealed; NULL where the word is said from what it is for
    code_hash TEXT, -- of the code that was texted there; NULL where none was: then none is right
    tries INTEGER NOT NULL, -- wrong codes so far
    expires_at BIGINT NOT NULL, -- µs
    UNIQUE (word),
    FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

-- The outbox: one message for one destination.
CREATE TABLE delivery (
    id {id},
    kind TEXT NOT NULL, -- alert, edit, post, notice, code or reply
    dedupe_key TEXT NOT NULL, -- the same message for the same destination has the same key
    restock_id BIGINT, -- what an alert is about
    subscriber_id BIGINT, -- for whom
    destination_id BIGINT, -- where to
    hop INTEGER NOT NULL, -- 0 for the first ranked destination, then the next
    lane TEXT NOT NULL, -- through which lane
    payload TEXT NOT NULL, -- alerts: a JSON array of variant ids; others: the message
    state TEXT NOT NULL, -- pending, sending, sent, dead, expired, suppressed or cancelled
    reason TEXT, -- why it ended as it did: sold_out, paused, unwatched, …; `forced` while it waits although sold out
    attempts INTEGER NOT NULL, -- requests begun
    next_attempt_at BIGINT NOT NULL, -- not before (µs)
    epoch BIGINT NOT NULL, -- of the lane's lease that holds it
    started_at BIGINT, -- the first request (µs)
    accepted_at BIGINT, -- when the platform took it (µs)
    delivered_at BIGINT, -- when the platform says it arrived (µs)
    provider_ref TEXT, -- the platform's id of the message
    nonce TEXT, -- the platform's own dedupe key
    batch_id BIGINT, -- sent in one message with others of its destination: the first one's row
    last_error TEXT, -- what went wrong last
    put_off_until BIGINT, -- held back once by the night or the day's cap, until then (µs)
    expires_at BIGINT NOT NULL, -- not worth sending from this time on (µs)
    created_at BIGINT NOT NULL, -- µs
    ended_at BIGINT, -- when it became final (µs)
    UNIQUE (dedupe_key),
    FOREIGN KEY (restock_id) REFERENCES restock (id) ON DELETE SET NULL,
    FOREIGN KEY (destination_id) REFERENCES destination (id) ON DELETE SET NULL,
    FOREIGN KEY (subscriber_id) REFERENCES subscriber (id) ON DELETE SET NULL
);

-- One request for one delivery.
CREATE TABLE attempt (
    id {id},
    delivery_id BIGINT NOT NULL, -- the delivery
    number INTEGER NOT NULL, -- 1, 2, …
    started_at BIGINT NOT NULL, -- µs
    ended_at BIGINT NOT NULL, -- µs
    outcome TEXT NOT NULL, -- sent, retry, hold, give_up, address_gone or unknown
    error TEXT, -- what happened
    FOREIGN KEY (delivery_id) REFERENCES delivery (id) ON DELETE CASCADE
);

-- Who may do what only one may do.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL, -- the instance
    epoch BIGINT NOT NULL, -- counts holders; rows carry it
    until BIGINT NOT NULL -- free from this time on (µs)
);

-- A running process.
CREATE TABLE instance (
    id {id},
    name TEXT NOT NULL, -- host and pid
    polls BOOLEAN NOT NULL, -- does it take shops by itself?
    started_at BIGINT NOT NULL, -- µs
    until BIGINT NOT NULL, -- its lease: what it holds is free from this time on (µs)
    UNIQUE (name)
);

-- What platforms brought in, stored before it is acknowledged. A chat is answered in order, by one process at a time.
CREATE TABLE inbox (
    id {id},
    platform TEXT NOT NULL, -- discord, telegram, …
    external_id TEXT NOT NULL, -- the platform's id of it
    chat TEXT NOT NULL, -- what must be answered in order has the same: a chat, or a person
    payload TEXT NOT NULL, -- as it came, sealed; empty once it is answered
    received_at BIGINT NOT NULL, -- µs
    held_until BIGINT NOT NULL, -- somebody is at it until then (µs); 0 for nobody
    attempts BIGINT NOT NULL, -- how often it was begun: what breaks each time is left alone in the end
    reply TEXT, -- the answer, sealed, while it is owed: what was asked is done, and later events of the chat do not wait
    done_at BIGINT, -- µs
    UNIQUE (platform, external_id)
);

-- An open question.
CREATE TABLE conversation (
    id {id},
    destination_id BIGINT NOT NULL, -- to whom
    question TEXT NOT NULL, -- what was asked
    choices TEXT NOT NULL, -- a JSON array of what each answer does
    expires_at BIGINT NOT NULL, -- µs
    UNIQUE (destination_id),
    FOREIGN KEY (destination_id) REFERENCES destination (id) ON DELETE CASCADE
);

-- Append-only: who allowed or forbade texts. Holds hashes.
CREATE TABLE consent (
    id {id},
    phone_hash TEXT NOT NULL, -- by the look-up key
    key_id TEXT NOT NULL, -- of that key
    said TEXT NOT NULL, -- start, stop, anytime, …
    how TEXT NOT NULL, -- text, code, web, carrier
    at BIGINT NOT NULL -- µs
);

-- A code somebody must type to prove that an address is theirs.
CREATE TABLE challenge (
    id {id},
    subscriber_id BIGINT NOT NULL, -- who
    address_hash TEXT NOT NULL, -- of the address
    sealed_address TEXT, -- the address, sealed
    code_hash TEXT NOT NULL, -- of the code
    tries INTEGER NOT NULL, -- wrong codes so far
    expires_at BIGINT NOT NULL, -- µs
    created_at BIGINT NOT NULL, -- µs
    FOREIGN KEY (subscriber_id) REFERENCES subscriber (id) ON DELETE CASCADE
);

-- Trouble that operators are notified of. One that comes back soon after its end is the same one.
CREATE TABLE incident (
    id {id},
    kind TEXT NOT NULL, -- shop_failing, lane_down, …
    subject TEXT NOT NULL, -- which shop or lane
    version INTEGER NOT NULL, -- counts its beginnings and ends
    text TEXT NOT NULL, -- for people
    opened_at BIGINT NOT NULL, -- µs
    closed_at BIGINT, -- µs
    flaps BIGINT NOT NULL DEFAULT 0, -- how often it came back
    told_version INTEGER NOT NULL DEFAULT 0, -- what operators were told of it last
    told_open BOOLEAN, -- did their last new message say that it lasts?
    message_id BIGINT -- the operator_message that speaks of it
);

-- A message to the operators, at the first of them that takes it.
CREATE TABLE operator_message (
    id {id},
    text TEXT NOT NULL, -- what it says
    version INTEGER NOT NULL, -- counts its edits
    hop INTEGER NOT NULL, -- which of COATCHECK_OPERATORS has it: 0 for the first
    delivery_id BIGINT NOT NULL, -- its row in the outbox
    made_at BIGINT NOT NULL, -- µs
    edited_at BIGINT, -- µs
    done_at BIGINT, -- when one took it, or none was left (µs)
    FOREIGN KEY (delivery_id) REFERENCES delivery (id) ON DELETE CASCADE
);

-- What a room wants announced: a product, or all products of a shop.
CREATE TABLE announcement (
    id {id},
    subscriber_id BIGINT NOT NULL, -- the room
    product_id BIGINT, -- of what
    shop_id BIGINT, -- or of which shop
    size_key TEXT NOT NULL, -- folded; '' for any
    style_key TEXT NOT NULL, -- folded; '' for any
    size TEXT, -- as said
    style TEXT, -- as said
    mention TEXT, -- whom a new post calls, by the platform's id; NULL for nobody
    added_by TEXT, -- the address of who set it up, as in destination.address
    news BOOLEAN NOT NULL DEFAULT FALSE, -- new products of the shop, not restocks; for persons, too
    news_told_at BIGINT NOT NULL DEFAULT 0, -- the last message about them (µs)
    created_at BIGINT NOT NULL, -- µs
    FOREIGN KEY (subscriber_id) REFERENCES subscriber (id) ON DELETE CASCADE,
    FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE CASCADE
);

-- A new product that a message is still to name; gone with that message.
CREATE TABLE newcomer (
    announcement_id BIGINT NOT NULL, -- where
    product_id BIGINT NOT NULL, -- what
    at BIGINT NOT NULL, -- when it was stored (µs)
    PRIMARY KEY (announcement_id, product_id),
    FOREIGN KEY (announcement_id) REFERENCES announcement (id) ON DELETE CASCADE,
    FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

-- One post per room, product and episode, edited to what is true. The outbox rows that write it name what they show.
CREATE TABLE room_post (
    id {id},
    subscriber_id BIGINT NOT NULL, -- the room
    product_id BIGINT NOT NULL, -- the product
    episode BIGINT NOT NULL, -- the restock it began with
    answers TEXT, -- the platform's id of the room's post before
    provider_ref TEXT, -- the platform's id of the post
    wanted_version INTEGER NOT NULL, -- what should be shown
    sent_version INTEGER NOT NULL, -- what is shown
    delivery_id BIGINT, -- the outbox row that writes it, or wrote it last
    delivery_version INTEGER NOT NULL, -- what that row shows
    posted_at BIGINT NOT NULL, -- when the room got a new message by it (µs)
    out_since BIGINT, -- since when all of it is out (µs)
    deleted_at BIGINT, -- µs; a deleted post is not posted again
    ended_at BIGINT, -- µs
    UNIQUE (subscriber_id, product_id, episode),
    FOREIGN KEY (subscriber_id) REFERENCES subscriber (id) ON DELETE CASCADE,
    FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

-- What the service remembers about itself.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL -- the value
);

-- A log-in to the admin pages.
CREATE TABLE session (
    token_hash TEXT PRIMARY KEY, -- of the cookie and of the password's hash: another password ends it
    created_at BIGINT NOT NULL, -- µs
    expires_at BIGINT NOT NULL -- µs
);

-- A key of a program to the API.
CREATE TABLE api_token (
    id {id},
    name TEXT NOT NULL, -- what it is for
    token_hash TEXT NOT NULL, -- the token is shown once, when it is made
    writes BOOLEAN NOT NULL, -- may it change anything, or only read?
    created_at BIGINT NOT NULL, -- µs
    used_at BIGINT, -- when it was used last, to the minute (µs)
    UNIQUE (name),
    UNIQUE (token_hash)
);

-- Who changed what.
CREATE TABLE audit (
    id {id},
    at BIGINT NOT NULL, -- µs
    who TEXT NOT NULL, -- a destination, cli, web, or api: and the token's name
    what TEXT NOT NULL, -- shop add, replay, …
    subject TEXT NOT NULL, -- on what
    detail TEXT -- how
);

-- a poller asks for what it holds, what is free, and what others changed
CREATE INDEX shop_of_holder ON shop (holder);
CREATE INDEX source_edited ON source (shop_id) WHERE edited;
CREATE INDEX source_pushed ON source (shop_id) WHERE pushed;
CREATE INDEX shop_push_at ON shop_push (shop_id, at);
CREATE INDEX source_added_by ON source (added_by) WHERE added_by IS NOT NULL;
-- a shop's sources in the order in which they are due
CREATE INDEX source_of_shop ON source (shop_id, next_poll_at);
CREATE INDEX product_of_source ON product (source_id);
CREATE INDEX variant_of_product ON variant (product_id);
CREATE INDEX alias_of_product ON alias (product_id);
-- one open span per variant
CREATE UNIQUE INDEX span_open ON span (variant_id) WHERE ended_at IS NULL;
CREATE INDEX span_of_variant ON span (variant_id, started_at);
-- the fan-out asks for what is open
CREATE INDEX restock_open ON restock (id) WHERE done_at IS NULL;
CREATE INDEX restock_gone ON restock (gone_check_at) WHERE gone_check_at IS NOT NULL;
CREATE INDEX restock_variant_of_variant ON restock_variant (variant_id, at);
CREATE INDEX destination_of_subscriber ON destination (subscriber_id, rank);
CREATE INDEX destination_of_phone ON destination (look_up) WHERE look_up IS NOT NULL;
-- numbers that somebody wants a code sent to, and that have not answered
CREATE INDEX destination_unverified ON destination (created_at) WHERE state = 'unverified';
-- browsers, of which some are forgotten
CREATE INDEX destination_of_browser ON destination (created_at) WHERE channel = 'push';
-- exact cases by keyset: the fan-out's index
CREATE INDEX watch_match ON watch (product_id, size_key, style_key, id);
-- which watches an alert notified
CREATE INDEX watch_notified ON watch (notified_restock_id, subscriber_id);
-- a lane asks for what is due
CREATE INDEX delivery_due ON delivery (lane, next_attempt_at, id) WHERE state = 'pending';
-- a new holder finds what an old one was sending
CREATE INDEX delivery_held ON delivery (lane, epoch) WHERE state = 'sending';
CREATE INDEX delivery_of_restock ON delivery (restock_id, subscriber_id);
CREATE INDEX delivery_of_destination ON delivery (destination_id);
CREATE INDEX delivery_of_subscriber ON delivery (subscriber_id);
-- housekeeping asks for what ended long ago
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
-- what was tried and waits to be tried again: another destination may take over
CREATE INDEX delivery_tried ON delivery (started_at, id) WHERE state = 'pending' AND started_at IS NOT NULL;
-- texts taken today, for their number; begun today, for the caps; and by their name, for what a provider says of them later.
-- Why BETWEEN: see store::db::sql
CREATE INDEX delivery_text_taken ON delivery (accepted_at) WHERE lane BETWEEN 'sms' AND 'sms' AND accepted_at IS NOT NULL;
CREATE INDEX delivery_texted ON delivery (started_at) WHERE lane BETWEEN 'sms' AND 'sms' AND started_at IS NOT NULL;
CREATE INDEX delivery_of_text ON delivery (provider_ref) WHERE lane BETWEEN 'sms' AND 'sms' AND provider_ref IS NOT NULL;
CREATE INDEX attempt_of_delivery ON attempt (delivery_id, number);
-- the oldest of a chat that is not done
CREATE INDEX inbox_of_chat ON inbox (platform, chat, id) WHERE done_at IS NULL;
-- what was done long ago is deleted
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;
-- what was said of a number last
CREATE INDEX consent_of_phone ON consent (phone_hash, id);
CREATE INDEX challenge_of_phone ON challenge (address_hash, created_at);
CREATE UNIQUE INDEX incident_open ON incident (kind, subject) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX announcement_once ON announcement
    (subscriber_id, COALESCE(product_id, 0), COALESCE(shop_id, 0), size_key, style_key, news);
CREATE INDEX newcomer_at ON newcomer (at);
CREATE INDEX announcement_of_product ON announcement (product_id) WHERE product_id IS NOT NULL;
CREATE INDEX announcement_of_shop ON announcement (shop_id) WHERE shop_id IS NOT NULL;
-- one post of a product is live in a room
CREATE UNIQUE INDEX room_post_open ON room_post (product_id, subscriber_id) WHERE ended_at IS NULL;
CREATE INDEX room_post_unsent ON room_post (id) WHERE wanted_version <> sent_version AND deleted_at IS NULL;
CREATE INDEX operator_message_waits ON operator_message (id) WHERE done_at IS NULL;
CREATE INDEX operator_message_delivery ON operator_message (delivery_id);
CREATE INDEX closed_watch_of_subscriber ON closed_watch (subscriber_id, closed_at);
CREATE INDEX closed_watch_at ON closed_watch (closed_at);
CREATE INDEX wish_of_destination ON wish (destination_id);
CREATE INDEX sign_up_expires ON sign_up (expires_at);
CREATE INDEX allowance_used ON allowance (what, who, at);
CREATE INDEX allowance_at ON allowance (what, at);
