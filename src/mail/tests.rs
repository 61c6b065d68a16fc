//! Heads, parts, dots; what a failed step means; when mails are tried again.
