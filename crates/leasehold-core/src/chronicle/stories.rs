//! Whole servers against one datastore, played by script: the rules where several machines have to
//! work together.

mod ambiguous;
mod circuit;
mod conflict;
mod figures;
mod lease;
mod promise;
mod release;
mod save;
mod server;
mod start;
