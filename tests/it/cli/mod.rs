//! The command line, typed into the program itself: while an instance runs, and while none does.

mod client;
mod serve;
