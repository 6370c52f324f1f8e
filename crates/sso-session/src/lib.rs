//! Sessions of a single sign-on as JWTs, under keys derived from one secret
