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

CREATE TABLE IF NOT EXISTS jumpcloud_sso_login (
    connection text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    certificate text COLLATE "C" NOT NULL,
    login text NOT NULL,
    PRIMARY KEY (connection, revision, certificate)
);

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

-- Which version of these statements was run last. Later ones only add to what is there.
CREATE TABLE IF NOT EXISTS jumpcloud_sso_schema (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL
);
INSERT INTO jumpcloud_sso_schema AS present (version) VALUES (2)
    ON CONFLICT (one) DO UPDATE SET version = greatest(present.version, excluded.version);
