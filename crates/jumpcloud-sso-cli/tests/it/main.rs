//! The command as scripts call it: exit codes, output, and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

mod other;
mod setup;
mod verify;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use jumpcloud_sso_testkit::{JumpCloud, ResponseBuilder, User, keys};
use serde_json::Value;

const IDP: &str = "IdP Entity ID";
const SP: &str = "https://app.acme.test/sso/saml2/acme";
const ACS: &str = "https://app.acme.test/sso/saml2/acme/acs";
const AT: &str = "2027-01-15T08:00:00Z";

fn idp() -> JumpCloud {
    JumpCloud::with_key("https://sso.jumpcloud.com/saml2/acme", IDP, keys::OWN_KEY, keys::OWN_CERTIFICATE)
        .unwrap()
}

fn response(idp: &JumpCloud) -> ResponseBuilder<'_> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let user = User::new("BJensen@acme.test", "Barbara", "Jensen").groups(&["b", "a"]);
    idp.response(ACS, SP, now).user(&user).ids("RESPONSE", "ASSERTION")
}

/// A file that is there as long as the test runs.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!(
            "{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    run_with(arguments, input, &[])
}

/// With standard output on a device that is always full.
fn run_on_full_disk(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_jumpcloud-sso"));
    command.args(arguments).envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(full).output().unwrap()
}

fn run_with(arguments: &[&str], input: &[u8], environment: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jumpcloud-sso"))
        .args(arguments)
        .env_remove("SITE_URL")
        .env_remove("AUTH_SECRET")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A command that refuses early closes its end; that is no failure of the test.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    let text = stdout(output);
    assert_eq!(text.lines().count(), 1, "{output:?}");
    serde_json::from_str(&text).unwrap()
}
