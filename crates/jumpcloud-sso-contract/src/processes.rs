use std::process::Stdio;

use jumpcloud_sso::OnceStore;
use tokio::process::Command;

use crate::{one_winner, unique};

/// Names the server and the key to the other process.
const OTHER_PROCESS: &str = "JUMPCLOUD_SSO_TEST_CLAIM";

/// What goes before the number that the other process prints.
const ANSWER: &str = "winners: ";

const CALLERS: usize = 32;

/// How often the two race. Each time both processes claim one key by 32 callers at once.
const RACES: usize = 5;

/// Of all callers of two processes exactly one is told to be the first. `test` is the full name of the test that calls
/// this: the second process is this program again, asked for that test alone, and finds the store at `address`.
///
/// The test begins with [`as_other_process`].
pub async fn two_processes<S: OnceStore + Clone + 'static>(store: &S, address: &str, test: &str) {
    for _ in 0..RACES {
        let key = unique("key");
        let other = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--include-ignored", "--nocapture"])
            .env(OTHER_PROCESS, format!("{address} {key}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let other = tokio::spawn(other.wait_with_output());
        // The other one needs a moment to come up; claims go on until it is through.
        let mut winners = 0;
        while !other.is_finished() {
            winners += one_winner(store, &key, CALLERS).await;
        }
        let output = String::from_utf8(other.await.unwrap().unwrap().stdout).unwrap();
        let answer = output.lines().find_map(|line| Some(line.split_once(ANSWER)?.1));
        winners += answer.expect("an answer of the other process").trim().parse::<usize>().unwrap();
        assert_eq!(winners, 1);
    }
}

/// Where this process is the second one, claims what the first one says, and returns `true`. `connect` makes a store of
/// the address.
pub async fn as_other_process<S: OnceStore + Clone + 'static>(connect: impl AsyncFnOnce(&str) -> S) -> bool {
    let Ok(there) = std::env::var(OTHER_PROCESS) else { return false };
    let (address, key) = there.split_once(' ').unwrap();
    let store = connect(address).await;
    #[expect(clippy::print_stdout, reason = "this is how the first process learns of it")]
    {
        println!("{ANSWER}{}", one_winner(&store, key, CALLERS).await);
    }
    true
}
