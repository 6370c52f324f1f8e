//! The server behind a store.

use std::future::Future;
use std::process::{Command, Stdio};

/// The server behind a store, as the test can handle it.
pub trait Server {
    /// Ends all its processes at once, without a chance to write anything: [`kill_all`].
    fn kill(&mut self) -> impl Future<Output = ()>;

    /// Starts it again over what it had written.
    fn start(&mut self) -> impl Future<Output = ()>;
}

/// Ends the process `id` and those that it has started, all with SIGKILL. It is stopped before, so that it
/// does not notice and start others, or tell them to end in an orderly way.
pub fn kill_all(id: u32) {
    signal("-STOP", &[id]);
    let list = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap().stdout;
    let pairs = String::from_utf8(list).unwrap();
    let mut all = vec![id];
    for line in pairs.lines() {
        let mut numbers = line.split_ascii_whitespace().map(|number| number.parse::<u32>().unwrap());
        if let (Some(process), Some(parent)) = (numbers.next(), numbers.next())
            && parent == id
        {
            all.push(process);
        }
    }
    signal("-KILL", &all);
}

/// Sends a signal, such as `-STOP`. A process that has ended by then is none to send it to.
pub fn signal(signal: &str, processes: &[u32]) {
    let ids = processes.iter().map(ToString::to_string);
    let _ = Command::new("kill").arg(signal).args(ids).stderr(Stdio::null()).status().unwrap();
}
