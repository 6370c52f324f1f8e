//! What a database has to be like before anything is kept in it.

use deadpool_postgres::Client;
use jumpcloud_sso::StoreError;
use tokio_postgres::Error;

use crate::PostgresStore;
use crate::run::{Lent, query};

/// The version of `migration.sql`.
const VERSION: i32 = 2;

/// Each column that statements of ours name, with its type.
const COLUMNS: &str = "\
    jumpcloud_sso_claim key bytea,\
    jumpcloud_sso_claim until_ms bigint,\
    jumpcloud_sso_connection id text,\
    jumpcloud_sso_connection organization text,\
    jumpcloud_sso_connection record text,\
    jumpcloud_sso_connection relies_on_domains boolean,\
    jumpcloud_sso_connection version bigint,\
    jumpcloud_sso_domain challenger text,\
    jumpcloud_sso_domain domain text,\
    jumpcloud_sso_domain organization text,\
    jumpcloud_sso_domain since_ms bigint,\
    jumpcloud_sso_ended_domain at_ms bigint,\
    jumpcloud_sso_ended_domain domain text,\
    jumpcloud_sso_ended_domain organization text,\
    jumpcloud_sso_event event text,\
    jumpcloud_sso_event number bigint,\
    jumpcloud_sso_event organization text,\
    jumpcloud_sso_login certificate text,\
    jumpcloud_sso_login connection text,\
    jumpcloud_sso_login login text,\
    jumpcloud_sso_login revision bigint,\
    jumpcloud_sso_revocation instant_ms bigint,\
    jumpcloud_sso_revocation key bytea,\
    jumpcloud_sso_revocation until_ms bigint,\
    jumpcloud_sso_schema version integer";

/// The columns of a list that are not there, or have another type. Tables are found by the search path, as
/// they are by all statements.
///
/// Primary keys are not compared, and need not be: each statement whose outcome rests on a key names it in
/// `ON CONFLICT`, which the server refuses where no unique index of these columns exists. Without the key
/// nothing is claimed twice; the operation fails.
const MISSING: &str = "\
    SELECT format('%s.%s (%s)', tab, col, typ) \
    FROM (SELECT split_part(line, ' ', 1), split_part(line, ' ', 2), split_part(line, ' ', 3) \
          FROM unnest(string_to_array($1, ',')) AS line) AS expected (tab, col, typ) \
    WHERE NOT EXISTS (SELECT FROM pg_attribute \
        WHERE attrelid = to_regclass(tab) AND attname = col AND NOT attisdropped \
        AND format_type(atttypid, NULL) = typ) \
    ORDER BY 1";

impl PostgresStore {
    /// Asks once whether the server forgets, and whether what [`MIGRATION`](crate::MIGRATION) creates is
    /// there; until both are well, each operation asks and fails.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let check = async || {
            self.check_durability().await?;
            self.check_schema().await
        };
        self.checked.get_or_try_init(check).await.copied()
    }

    pub(crate) async fn check_durability(&self) -> Result<(), StoreError> {
        let query = "SELECT current_setting('fsync')";
        let fsync: String = self
            .run_unchecked(&mut Lent::default(), async |client| {
                client.query_one(query, &[]).await?.try_get(0)
            })
            .await?;
        if fsync == "off" {
            return Err(StoreError::new(
                "the PostgreSQL server forgets what was used when its machine fails; set fsync to on",
            ));
        }
        Ok(())
    }

    async fn check_schema(&self) -> Result<(), StoreError> {
        let mismatch = |what: &str| {
            StoreError::new(format!(
                "the tables are not those of this version of jumpcloud-sso-postgres: {what}; call \
                 PostgresStore::migrate or run the statements of MIGRATION"
            ))
        };
        let missing: Vec<String> = self
            .run_unchecked(&mut Lent::default(), async |client| {
                query(client, MISSING, &[&COLUMNS]).await?.iter().map(|row| row.try_get(0)).collect()
            })
            .await?;
        if let Some(first) = missing.first() {
            let others = missing.len() - 1;
            let others = if others == 0 { String::new() } else { format!(" and {others} other columns") };
            return Err(mismatch(&format!("{first}{others} missing")));
        }
        match self.run_unchecked(&mut Lent::default(), async |client| version(client).await).await? {
            Some(version) if version >= VERSION => Ok(()),
            Some(version) => Err(mismatch(&format!("version {version} instead of {VERSION}"))),
            None => Err(mismatch("jumpcloud_sso_schema is empty")),
        }
    }
}

async fn version(client: &Client) -> Result<Option<i32>, Error> {
    let rows = query(client, "SELECT version FROM jumpcloud_sso_schema", &[]).await?;
    rows.first().map(|row| row.try_get(0)).transpose()
}
