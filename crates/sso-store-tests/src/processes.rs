use std::process::Stdio;
use std::time::{Duration, SystemTime};

use sso_store::{Claimed, Stores};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::claims::one_winner;
use crate::support::{MINUTE, claim, claim_key, now, unique};

/// Names the server to the other process.
const OTHER_PROCESS: &str = "JUMPCLOUD_SSO_TEST_CLAIM";

/// What the other process prints once it is connected.
const READY: &str = "ready to race";

/// What goes before the number that it prints after each race.
const ANSWER: &str = "winners: ";

/// In each process.
const CALLERS: usize = 32;

const RACES: u32 = 50;

/// How long before a race the other process learns of it.
const NOTICE: Duration = Duration::from_millis(30);

/// Callers sleep until this long before a race, and are wide awake from then on.
const AWAKE: Duration = Duration::from_millis(3);

/// Of 32 callers in each of two processes, who all begin in the same instant, exactly one is told to be the
/// first, again and again; and each of the processes wins some of the races, so that they are known to have
/// met. `test` is the full name of the test that calls this: the second process is this program again, asked
/// for that test alone, and finds the store at `address`.
///
/// The test begins with [`as_other_process`], and has a runtime of several threads.
pub async fn two_processes(store: &Stores, address: &str, test: &str) {
    let mut other = OtherProcess::start(address, test).await;
    warm_up(store).await;
    let (mut ours, mut theirs) = (0, 0);
    for _ in 0..RACES {
        let race = Race { key: unique("key"), start: now() + NOTICE };
        other.announce(&race).await;
        let won = race.run(store).await;
        let lost = other.winners().await;
        assert_eq!(won + lost, 1, "{won} callers of this process were the first, and {lost} of the other");
        ours += won;
        theirs += lost;
    }
    other.end().await;
    assert!(ours > 0 && theirs > 0, "the processes did not meet: one won {ours} races, the other {theirs}");
}

/// Where this process is the second one, takes part in the races of the first one, and returns `true`.
/// `connect` makes a store of the address.
pub async fn as_other_process(connect: impl AsyncFnOnce(&str) -> Stores) -> bool {
    let Ok(address) = std::env::var(OTHER_PROCESS) else { return false };
    let store = connect(&address).await;
    warm_up(&store).await;
    say(READY);
    let mut races = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = races.next_line().await.unwrap() {
        let winners = Race::from_line(&line).run(&store).await;
        say(&format!("{ANSWER}{winners}"));
    }
    true
}

/// As many calls as in a race, so that there are as many connections as there will be.
async fn warm_up(store: &Stores) {
    for _ in 0..3 {
        assert_eq!(one_winner(store, &unique("key"), CALLERS).await, 1);
    }
}

#[expect(clippy::print_stdout, reason = "this is how the first process learns of it")]
fn say(what: &str) {
    println!("{what}");
}

struct Race {
    key: String,
    start: SystemTime,
}

impl Race {
    fn to_line(&self) -> String {
        let start = self.start.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        format!("{} {}\n", start.as_millis(), self.key)
    }

    fn from_line(line: &str) -> Self {
        let (start, key) = line.split_once(' ').unwrap();
        let start = SystemTime::UNIX_EPOCH + Duration::from_millis(start.parse().unwrap());
        Self { key: key.to_owned(), start }
    }

    /// The number of this process's callers that were told to be the first.
    async fn run(&self, store: &Stores) -> usize {
        let call = |_| {
            let (store, key, start) = (store.clone(), self.key.clone(), self.start);
            tokio::spawn(async move {
                wait_for(start).await;
                claim(&store, claim_key(&key), start + MINUTE, start).await
            })
        };
        let calls: Vec<_> = (0..CALLERS).map(call).collect();
        let mut winners = 0;
        for call in calls {
            winners += usize::from(call.await.unwrap().unwrap() == Claimed::Now);
        }
        winners
    }
}

/// Timers are a millisecond or two late.
async fn wait_for(start: SystemTime) {
    let left = start.duration_since(SystemTime::now()).unwrap_or_default();
    tokio::time::sleep(left.saturating_sub(AWAKE)).await;
    while SystemTime::now() < start {
        tokio::task::yield_now().await;
    }
}

struct OtherProcess {
    process: Child,
    races: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl OtherProcess {
    /// Once it is connected.
    async fn start(address: &str, test: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--include-ignored", "--nocapture"])
            .env(OTHER_PROCESS, address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let races = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut other = Self { process, races, answers };
        other.answer(READY).await;
        other
    }

    async fn announce(&mut self, race: &Race) {
        self.races.write_all(race.to_line().as_bytes()).await.unwrap();
    }

    async fn winners(&mut self) -> usize {
        self.answer(ANSWER).await.trim_ascii().parse().unwrap()
    }

    /// What follows `beginning` in the next line that has it: the test harness prints lines too.
    async fn answer(&mut self, beginning: &str) -> String {
        while let Some(line) = self.answers.next_line().await.unwrap() {
            if let Some((_, rest)) = line.split_once(beginning) {
                return rest.to_owned();
            }
        }
        panic!("the other process has ended");
    }

    async fn end(self) {
        let Self { mut process, races, mut answers } = self;
        drop(races);
        while answers.next_line().await.unwrap().is_some() {}
        assert!(process.wait().await.unwrap().success());
    }
}
