-- What jumpcloud-sso keeps. Every statement may be run again.

-- What was used once, by the SHA-256 of what it is.
CREATE TABLE IF NOT EXISTS jumpcloud_sso_claim (
    key bytea PRIMARY KEY,
    until_ms bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS jumpcloud_sso_claim_until ON jumpcloud_sso_claim (until_ms);

CREATE TABLE IF NOT EXISTS jumpcloud_sso_revocation (
    key bytea PRIMARY KEY,
    instant_ms bigint NOT NULL,
    until_ms bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS jumpcloud_sso_revocation_until ON jumpcloud_sso_revocation (until_ms);

-- A deleted connection leaves its row without a record: its ID stays taken.
CREATE TABLE IF NOT EXISTS jumpcloud_sso_connection (
    id text COLLATE "C" PRIMARY KEY,
    organization text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    record text
);
-- Whether logins depend on the organization's verified domains. Where nothing says, as of a connection that was last saved
-- before there was this column, they do.
ALTER TABLE jumpcloud_sso_connection ADD COLUMN IF NOT EXISTS relies_on_domains boolean;
CREATE INDEX IF NOT EXISTS jumpcloud_sso_connection_organization
    ON jumpcloud_sso_connection (organization, id) WHERE record IS NOT NULL;

-- Whether members have to log in through it, and the version at which this and relies_on_domains were written: at another
-- version, a former version of the store has saved it since, and it may be enforced.
ALTER TABLE jumpcloud_sso_connection ADD COLUMN IF NOT EXISTS is_enforced boolean;
ALTER TABLE jumpcloud_sso_connection ADD COLUMN IF NOT EXISTS flags_version bigint;
-- The organization's own name for the place that it has.
ALTER TABLE jumpcloud_sso_connection ADD COLUMN IF NOT EXISTS slot text COLLATE "C";
CREATE UNIQUE INDEX IF NOT EXISTS jumpcloud_sso_connection_slot
    ON jumpcloud_sso_connection (organization, slot) WHERE record IS NOT NULL;

CREATE TABLE IF NOT EXISTS jumpcloud_sso_login (
    connection text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    certificate text COLLATE "C" NOT NULL,
    login text NOT NULL,
    PRIMARY KEY (connection, revision, certificate)
);

-- When each user last logged in through a connection. A user's ID may hold any character.
CREATE TABLE IF NOT EXISTS jumpcloud_sso_user_login (
    connection text COLLATE "C" NOT NULL,
    user_id bytea NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (connection, user_id)
);
CREATE INDEX IF NOT EXISTS jumpcloud_sso_user_login_at ON jumpcloud_sso_user_login (at_ms);

-- Attempts to log in: in ring 0 those that only members can make, in ring 1 all others, one for each code.
CREATE TABLE IF NOT EXISTS jumpcloud_sso_attempt (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection text COLLATE "C" NOT NULL,
    ring smallint NOT NULL,
    reference text NOT NULL,
    code text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    count bigint NOT NULL,
    attempt text NOT NULL
);
CREATE INDEX IF NOT EXISTS jumpcloud_sso_attempt_ring ON jumpcloud_sso_attempt (connection, ring, number);
CREATE INDEX IF NOT EXISTS jumpcloud_sso_attempt_at ON jumpcloud_sso_attempt (at_ms);

CREATE TABLE IF NOT EXISTS jumpcloud_sso_domain (
    domain text COLLATE "C" PRIMARY KEY,
    organization text COLLATE "C" NOT NULL
);
CREATE INDEX IF NOT EXISTS jumpcloud_sso_domain_organization ON jumpcloud_sso_domain (organization, domain);
-- The dispute about it, if there is one.
ALTER TABLE jumpcloud_sso_domain ADD COLUMN IF NOT EXISTS challenger text COLLATE "C";
ALTER TABLE jumpcloud_sso_domain ADD COLUMN IF NOT EXISTS since_ms bigint;

-- Domains that were taken from their organizations, until the sessions that rest on them are revoked.
CREATE TABLE IF NOT EXISTS jumpcloud_sso_ended_domain (
    organization text COLLATE "C" NOT NULL,
    domain text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (organization, domain)
);

CREATE TABLE IF NOT EXISTS jumpcloud_sso_event (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization text COLLATE "C" NOT NULL,
    event text NOT NULL
);
CREATE INDEX IF NOT EXISTS jumpcloud_sso_event_organization ON jumpcloud_sso_event (organization, number);

-- When it happened, by which old ones are deleted. Of those from before there was this column, when it was added.
-- A default that is the same for all of them is written into no row, however many there are.
ALTER TABLE jumpcloud_sso_event ADD COLUMN IF NOT EXISTS at_ms bigint NOT NULL
    DEFAULT floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint;
CREATE INDEX IF NOT EXISTS jumpcloud_sso_event_at ON jumpcloud_sso_event (at_ms);

-- Makes all of several claims, or none; says whether it has made them. They are made in one order everywhere, so that two
-- callers never wait for each other.
CREATE OR REPLACE FUNCTION jumpcloud_sso_claim_all(keys bytea[], lifetimes bigint[]) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint := floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint;
    made bigint;
BEGIN
    INSERT INTO jumpcloud_sso_claim AS claim (key, until_ms)
        SELECT wanted.key, wanted.lifetime + now_ms FROM unnest(keys, lifetimes) AS wanted (key, lifetime)
        ORDER BY wanted.key
        ON CONFLICT (key) DO UPDATE SET until_ms = excluded.until_ms WHERE claim.until_ms <= now_ms;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made < cardinality(keys) THEN
        RAISE EXCEPTION USING ERRCODE = 'JCSSO';
    END IF;
    RETURN true;
EXCEPTION WHEN SQLSTATE 'JCSSO' THEN
    -- What was made is undone by now.
    RETURN false;
END $$;

-- What sessions depend on, numbered in the order in which it is committed, for whoever keeps answers in memory. Triggers
-- tell it, so that it is told whoever writes.
CREATE TABLE IF NOT EXISTS jumpcloud_sso_change (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms bigint NOT NULL DEFAULT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint,
    key bytea,
    instant_ms bigint,
    organization text COLLATE "C"
);

-- Before any row is locked: two that wait for this lock wait for nothing of each other's.
CREATE OR REPLACE FUNCTION jumpcloud_sso_lock_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('jumpcloud_sso_change', 0));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION jumpcloud_sso_tell_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jumpcloud_sso_change (key, instant_ms) VALUES (NEW.key, NEW.instant_ms);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION jumpcloud_sso_tell_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jumpcloud_sso_change (organization) VALUES (NEW.organization);
    IF NEW.record IS NULL THEN
        -- In this order: a login that is being kept in the place of a former one is waited for here.
        DELETE FROM jumpcloud_sso_login WHERE connection = NEW.id;
        DELETE FROM jumpcloud_sso_user_login WHERE connection = NEW.id;
        DELETE FROM jumpcloud_sso_attempt WHERE connection = NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER jumpcloud_sso_lock_changes BEFORE INSERT OR UPDATE ON jumpcloud_sso_revocation
    FOR EACH STATEMENT EXECUTE FUNCTION jumpcloud_sso_lock_changes();
CREATE OR REPLACE TRIGGER jumpcloud_sso_tell AFTER INSERT OR UPDATE ON jumpcloud_sso_revocation
    FOR EACH ROW EXECUTE FUNCTION jumpcloud_sso_tell_revocation();
CREATE OR REPLACE TRIGGER jumpcloud_sso_lock_changes BEFORE INSERT OR UPDATE ON jumpcloud_sso_connection
    FOR EACH STATEMENT EXECUTE FUNCTION jumpcloud_sso_lock_changes();
CREATE OR REPLACE TRIGGER jumpcloud_sso_tell AFTER INSERT OR UPDATE ON jumpcloud_sso_connection
    FOR EACH ROW EXECUTE FUNCTION jumpcloud_sso_tell_connection();

-- Which version of these statements was run last. Later ones only add to what is there.
CREATE TABLE IF NOT EXISTS jumpcloud_sso_schema (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL
);
INSERT INTO jumpcloud_sso_schema AS present (version) VALUES (3)
    ON CONFLICT (one) DO UPDATE SET version = greatest(present.version, excluded.version);
