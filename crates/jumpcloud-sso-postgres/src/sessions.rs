//! Which sessions were revoked, by the server's clock.

use std::collections::BTreeMap;
use std::time::SystemTime;

use async_trait::async_trait;
use sso_store::{
    Authorization, Change, ChangeKind, Changes, Revocation, RevocationKey, SessionStore, StoreError,
};
use tokio_postgres::{Error, Row};

use crate::connections::{COLUMNS, row_at};
use crate::run::{Lent, durable, execute, query};
use crate::store::PostgresStore;
use crate::time::{from_millis, lifetime, limit, millis_after, now};

const REVOKE: &str = concat!(
    "WITH durable AS MATERIALIZED (",
    durable!(),
    ") INSERT INTO jumpcloud_sso_revocation AS former (key, instant_ms, until_ms) \
    SELECT wanted.key, wanted.instant, wanted.lifetime + ",
    now!(),
    " FROM durable, unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS wanted (key, instant, lifetime) \
    WHERE setting <> 'off' ORDER BY wanted.key ON CONFLICT (key) DO UPDATE SET \
    instant_ms = greatest(former.instant_ms, excluded.instant_ms), \
    until_ms = greatest(former.until_ms, excluded.until_ms)"
);

const REVOKED_AT: &str = concat!(
    "SELECT max(instant_ms) FROM jumpcloud_sso_revocation \
    WHERE key = ANY($1) AND until_ms > ",
    now!()
);

/// What was revoked, and each enforced connection, or none. One statement sees one state of the database.
const AUTHORIZE: &str = concat!(
    "SELECT (SELECT max(instant_ms) FROM jumpcloud_sso_revocation WHERE key = ANY($1) AND until_ms > ",
    now!(),
    "), connection.* FROM (SELECT 1) AS one LEFT JOIN (SELECT ",
    COLUMNS!(),
    " FROM jumpcloud_sso_connection WHERE organization = $2 AND record IS NOT NULL \
    AND (flags_version IS DISTINCT FROM version OR is_enforced IS NOT FALSE)) AS connection ON true ORDER BY connection.id"
);

/// The first and the last number that there are, and changes behind a number, or none.
const CHANGES: &str = "\
    SELECT bounds.first, bounds.last, change.number, change.key, change.instant_ms, change.organization \
    FROM (SELECT coalesce(min(number), 0) AS first, coalesce(max(number), 0) AS last \
          FROM jumpcloud_sso_change) AS bounds \
    LEFT JOIN LATERAL (SELECT * FROM jumpcloud_sso_change WHERE number > $1 ORDER BY number LIMIT $2) \
        AS change ON true \
    ORDER BY change.number";

#[async_trait]
impl SessionStore for PostgresStore {
    async fn authorize(
        &self,
        organization: &str,
        keys: &[RevocationKey],
        _now: SystemTime,
    ) -> Result<Authorization, StoreError> {
        let keys: Vec<_> = keys.iter().map(|key| key.as_bytes().as_slice()).collect();
        self.run(&mut Lent::default(), async |client| {
            let rows = query(client, AUTHORIZE, &[&keys, &organization]).await?;
            let revoked_at: Option<i64> = rows.first().map_or(Ok(None), |row| row.try_get(0))?;
            let mut enforced = Vec::new();
            for row in &rows {
                if row.try_get::<_, Option<&str>>(1)?.is_some() {
                    enforced.push(row_at(row, 1)?);
                }
            }
            Ok(Authorization::new(revoked_at.map(from_millis), enforced))
        })
        .await
    }

    async fn revoked_at(
        &self,
        keys: &[RevocationKey],
        _now: SystemTime,
    ) -> Result<Option<SystemTime>, StoreError> {
        let keys: Vec<_> = keys.iter().map(|key| key.as_bytes().as_slice()).collect();
        let latest: Option<i64> = self
            .run(&mut Lent::default(), async |client| {
                let rows = query(client, REVOKED_AT, &[&keys]).await?;
                rows.first().map_or(Ok(None), |row| row.try_get(0))
            })
            .await?;
        Ok(latest.map(from_millis))
    }

    async fn revoke(&self, revocations: &[Revocation], now: SystemTime) -> Result<(), StoreError> {
        // A statement can change a row once.
        let mut latest = BTreeMap::new();
        for Revocation { key, instant, until } in revocations {
            let (latest, longest) = latest.entry(key.as_bytes().as_slice()).or_insert((0, 0));
            *latest = millis_after(*instant).max(*latest);
            *longest = lifetime(*until, now).max(*longest);
        }
        if latest.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = latest.keys().copied().collect();
        let (instants, lifetimes): (Vec<_>, Vec<_>) = latest.values().copied().unzip();
        self.run(&mut Lent::default(), async |client| {
            execute(client, REVOKE, &[&keys, &instants, &lifetimes]).await
        })
        .await?;
        self.sweep_sometimes();
        Ok(())
    }

    async fn changes(&self, after: Option<u64>, limit: usize) -> Result<Changes, StoreError> {
        let limit = if after.is_some() { self::limit(limit) } else { 0 };
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let after = after.map(number);
        self.run(&mut Lent::default(), async |client| {
            let rows = query(client, CHANGES, &[&after.unwrap_or_default(), &limit]).await?;
            let Some(bounds) = rows.first() else { return Ok(Changes::new(Vec::new(), 0, false)) };
            let (first, last): (i64, i64) = (bounds.try_get(0)?, bounds.try_get(1)?);
            let Some(after) = after else { return Ok(Changes::new(Vec::new(), unsigned(last), true)) };
            let changes =
                rows.iter().filter_map(|row| change(row).transpose()).collect::<Result<Vec<_>, _>>()?;
            let position = changes.last().map_or_else(|| unsigned(after.min(last)), |change| change.number);
            // The last change is always kept, so that one who has heard of it goes on from there. A number
            // that was never given is of another database.
            let is_complete = first <= after.saturating_add(1) && after <= last;
            Ok(Changes::new(changes, position, is_complete))
        })
        .await
    }
}

fn unsigned(number: i64) -> u64 {
    number.try_into().unwrap_or_default()
}

fn change(row: &Row) -> Result<Option<Change>, Error> {
    let Some(number) = row.try_get::<_, Option<i64>>(2)? else { return Ok(None) };
    let (key, instant): (Option<&[u8]>, Option<i64>) = (row.try_get(3)?, row.try_get(4)?);
    let kind = match (key.and_then(|key| key.try_into().ok()), instant) {
        (Some(key), Some(instant)) => ChangeKind::Revoked { key, instant: from_millis(instant) },
        _ => ChangeKind::Connections { organization: row.try_get::<_, Option<_>>(5)?.unwrap_or_default() },
    };
    Ok(Some(Change { number: unsigned(number), kind }))
}
