//! Runs the examples of `README.md` and `docs/`. The tests beside it compare the docs with the code.

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/connections.md")]
struct Connections;
