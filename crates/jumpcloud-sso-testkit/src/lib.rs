//! A stand-in JumpCloud for tests and development
